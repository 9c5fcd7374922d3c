// Package fetch brings one recording from its provider into a file, and trusts
// nothing on the way.
//
// The address that it is given came from a provider, and the bytes behind it
// come from whoever answers there. So it holds on to this:
//
//   - https alone, to hosts that the operator listed, on port 443, with no proxy,
//     no cookie, no credential and no Referer;
//   - at most one redirect, to such an address again;
//   - the address that is dialled, after DNS and for every try, is a public one;
//   - the whole has a deadline, and so has every pause;
//   - no byte past the limit is kept, whatever the headers say, and none that
//     they promise may lack;
//   - what comes is sound by its header and by its first bytes.
//
// Memory does not grow with the recording. Every failure has a Class, which
// says whether another try may help; no error holds an address, which is a
// secret with a short life.
package fetch
