// Package bundle ships policies as files: OPA bundles, signed, so that what was
// reviewed is what is activated, wherever it lay in between.
//
// A signed bundle is an OPA bundle like any other: a gzipped tar archive of the
// policies, their tests and the schema of their input, a manifest, and one
// ES256 signature over the hash of every file, which `opa` verifies too. OPA
// checks who signed; it checks neither when nor which came later, so that an old
// bundle, validly signed, would come back as new. The manifest therefore holds a
// Statement: a sequence number, the time in which it holds, who wrote and who
// approved it. It is signed like every other file.
//
// Only Open makes a *Bundle, and only of what proves itself. What is read
// without proof has other types: Claims (Inspect) and plain files (Import).
// Whatever is refused is refused with a Refusal.
//
// Nothing here reaches the network, the file system or a clock.
package bundle
