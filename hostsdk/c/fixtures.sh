# Sourced by the scripts beside it: builds gonfalon if GONFALON_BIN doesn't name one, and writes what the tests read into
# build/fixtures.
if [ -z "${GONFALON_BIN:-}" ]; then
	GONFALON_BIN=$PWD/build/gonfalon
	(cd ../.. && go build -o hostsdk/c/build/gonfalon ./cmd/gonfalon)
fi
fixtures=build/fixtures
mkdir -p $fixtures
"$GONFALON_BIN" compile ../../wasm/testdata/example.yaml --revision 41 -o $fixtures/example.snapshot >/dev/null

# A flag that needs the next one, which needs the next one …: as deep as the engine goes.
{
	echo 'flags:'
	for i in {000..255}; do
		printf -- '- {key: f%s, gates: [{type: boolean, enabled: true}' "$i"
		[ "$i" = 255 ] || printf ', {type: prerequisite, target: f%03d, enabled: true}' $((10#$i + 1))
		echo ']}'
	done
} >$fixtures/chain.yaml
"$GONFALON_BIN" compile $fixtures/chain.yaml -o $fixtures/chain.snapshot >/dev/null

# More flags than two batches.
{
	echo 'flags:'
	for i in {00000..02499}; do echo "- {key: flag_$i, gates: [{type: percentage_of_actors, ratio: 0.$((10#$i % 100 + 100))}]}"; done
} >$fixtures/many.yaml
"$GONFALON_BIN" compile $fixtures/many.yaml -o $fixtures/many.snapshot >/dev/null
"$GONFALON_BIN" conformance --emit-cases $fixtures/cases.jsonl
