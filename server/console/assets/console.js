// Joins GraphiQL to the API and to the choice of who is asking.
"use strict";

(() => {
	const root = document.getElementById("graphiql");
	const account = document.getElementById("account"); // absent without accounts
	const other = document.getElementById("other");
	const input = document.getElementById("token");
	const endpoint = new URL(root.dataset.endpoint, location.href).href;

	// The name by which GraphiQL's dialogs find the nonce for their style element.
	window.__webpack_nonce__ = document.querySelector("link[nonce]").nonce;

	const typing = () => !account || "other" in account.selectedOptions[0].dataset;
	const token = () => (typing() ? input.value.trim() : account.value);

	// fetchAs adds the token, unless the Headers editor already has one.
	const fetchAs = (url, init) => {
		const headers = new Headers(init.headers);
		if (token() && !headers.has("authorization")) {
			headers.set("authorization", `Bearer ${token()}`);
		}
		return fetch(url, { ...init, headers, credentials: "same-origin" });
	};

	const wsClient = graphqlWs.createClient({
		url: endpoint.replace(/^http/, "ws"),
		connectionParams: () => (token() ? { authorization: `Bearer ${token()}` } : {}),
	});

	const page = ReactDOM.createRoot(root);
	let shown = 0;

	// show draws GraphiQL anew, so that the schema is asked for by whoever asks now.
	const show = () => {
		wsClient.terminate();
		other.hidden = !typing();
		page.render(
			React.createElement(GraphiQL, {
				key: ++shown,
				fetcher: GraphiQL.createFetcher({ url: endpoint, fetch: fetchAs, wsClient }),
				defaultQuery: root.dataset.query || undefined,
				shouldPersistHeaders: false,
				defaultEditorToolsVisibility: "variables",
			}),
		);
	};

	account?.addEventListener("change", show);
	input.addEventListener("change", show);
	show();
})();
