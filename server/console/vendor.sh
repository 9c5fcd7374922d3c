#!/bin/sh
# Makes assets/vendor: GraphiQL and what it stands on, as their authors built
# them, by pinned version, from npm. Needs npm, node and gzip.
#
#   sh vendor.sh
#
# One thing is changed: the fonts in GraphiQL's style sheet are left out, five
# times the weight of the rest, so that the page uses the reader's own and the
# policy can forbid fonts. SHA256SUMS is of the files before gzip, whose output
# differs between versions; the Go test holds the committed files to it.
set -eu

GRAPHIQL=3.9.0
REACT=18.3.1
GRAPHQL=16.15.0
GRAPHQL_WS=6.4.2

here=$(cd "$(dirname "$0")" && pwd)
out=$here/assets/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
	"graphiql@$GRAPHIQL" "react@$REACT" "react-dom@$REACT" "graphql@$GRAPHQL" "graphql-ws@$GRAPHQL_WS"

rm -rf "$out"
mkdir -p "$out"
cp node_modules/react/umd/react.production.min.js "$out/react.js"
cp node_modules/react-dom/umd/react-dom.production.min.js "$out/react-dom.js"
cp node_modules/graphql-ws/umd/graphql-ws.min.js "$out/graphql-ws.js"
cp node_modules/graphiql/graphiql.min.js "$out/graphiql.js"
node -e '
	const css = require("fs").readFileSync("node_modules/graphiql/graphiql.min.css", "utf8");
	process.stdout.write(css.replace(/@font-face\s*\{[^}]*\}/g, ""));
' >"$out/graphiql.css"

# The bundle holds parts of these packages, and each wants its notice kept. This
# file alone may differ from the committed one: what GraphiQL depends on is not
# pinned by GraphiQL.
find node_modules -maxdepth 3 -iname 'LICENSE*' -type f | LC_ALL=C sort | while read -r file; do
	printf '==== %s\n\n' "$(dirname "${file#node_modules/}")"
	tr -d '\r' <"$file"
	printf '\n\n'
done >"$out/LICENSES.txt"

cd "$out"
sha256sum -- * >"$work/SHA256SUMS"
gzip -9n -- *.js *.css *.txt
mv "$work/SHA256SUMS" .
cp "$work/node_modules/graphiql/LICENSE" LICENSE.graphiql
cp "$work/node_modules/react/LICENSE" LICENSE.react
cp "$work/node_modules/graphql-ws/LICENSE.md" LICENSE.graphql-ws
ls -l
