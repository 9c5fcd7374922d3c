# Runs the Postgres and the Redis that test processes share, and stops them when
# nobody has held the lease for a while. See Share.
#
# Descriptor 3 is the lease, 4 a lock that says this watchdog lives.
idle=$1 flock=$2 redis=$3 config=$4 dir=$5 run=$6
shift 6

# No other process may hold what proves that this one lives.
"$@" 3>&- 4>&- &
postgres=$! cache=
if [ -n "$redis" ]; then
	"$redis" "$config" 3>&- 4>&- &
	cache=$!
fi

finish() {
	kill -INT "$postgres" 2>/dev/null
	[ -n "$cache" ] && kill -TERM "$cache" 2>/dev/null
	wait
	rm -rf "$run" ${config:+"${config%/*}"} "$dir"
}
trap finish EXIT
trap exit HUP INT TERM

# The last round keeps the lock until all is gone, so that whoever comes next
# waits for that and starts anew.
quiet=0
while kill -0 "$postgres" 2>/dev/null; do
	sleep 1 3>&- 4>&-
	if ! "$flock" -n 3 4>&-; then
		quiet=0
		continue
	fi
	quiet=$((quiet + 1))
	[ "$quiet" -lt "$idle" ] || exit
	"$flock" -u 3 4>&-
done
