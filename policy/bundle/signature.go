package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// The one algorithm of signatures, and the one of the hashes that they cover, by
// the names that OPA gives them.
const (
	algorithm     = "ES256"
	hashAlgorithm = opabundle.SHA256
)

// header is the header of a signature, a JWT (RFC 7515).
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ,omitempty"`
}

// claims are what a signature covers: the hash of each file.
type claims struct {
	Files []opabundle.FileInfo `json:"files"`
	KeyID string               `json:"keyid"` // where OPA before 1.0 looks
}

// sign returns the text of .signatures.json for files.
func sign(files tree, signer crypto.Signer) ([]byte, error) {
	id, err := KeyID(signer.Public())
	if err != nil {
		return nil, err
	}
	hasher, err := opabundle.NewSignatureHasher(hashAlgorithm)
	if err != nil {
		return nil, err
	}
	covered := claims{KeyID: id}
	for _, name := range files.names() {
		var meaning any = files[name]
		if opabundle.IsStructuredDoc(name) { // of these OPA hashes the meaning
			decoder := json.NewDecoder(bytes.NewReader(files[name]))
			decoder.UseNumber()
			if err := decoder.Decode(&meaning); err != nil {
				return nil, err
			}
		}
		sum, err := hasher.HashFile(meaning)
		if err != nil {
			return nil, err
		}
		covered.Files = append(covered.Files, opabundle.NewFile(name, fmt.Sprintf("%x", sum), hashAlgorithm.String()))
	}
	token, err := newToken(header{algorithm, id, "JWT"}, covered, signer)
	if err != nil {
		return nil, err
	}
	return json.Marshal(opabundle.SignaturesConfig{Signatures: []string{token}})
}

// newToken is a compact JWS (RFC 7515, 7.1) by a key that may lie elsewhere.
func newToken(h header, c claims, signer crypto.Signer) (string, error) {
	first, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	second, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(first) + "." + base64.RawURLEncoding.EncodeToString(second)
	sum := sha256.Sum256([]byte(text))
	random := rand.Reader
	if _, here := signer.(*ecdsa.PrivateKey); here {
		random = nil // RFC 6979: the same bundle, byte for byte, each time
	}
	der, err := signer.Sign(random, sum[:], crypto.SHA256)
	if err != nil {
		return "", err
	}
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &pair); err != nil || len(rest) > 0 || pair.R.BitLen() > 256 || pair.S.BitLen() > 256 || pair.R.Sign() < 0 || pair.S.Sign() < 0 {
		return "", fmt.Errorf("the key's signature is none of ECDSA: %w", ErrKey)
	}
	raw := slices.Concat(pair.R.FillBytes(make([]byte, 32)), pair.S.FillBytes(make([]byte, 32)))
	return text + "." + base64.RawURLEncoding.EncodeToString(raw), nil
}

// verify proves that a trusted key signed, and returns its id and what it
// signed. The verification is OPA's; which key and which algorithm is ours to
// say.
func (k Keys) verify(files tree) (id string, covered map[string]opabundle.FileInfo, err error) {
	token, err := files.token()
	if err != nil {
		return "", nil, err
	}
	id = token.header.KeyID
	trusted, ok := k[id]
	if !ok {
		return "", nil, refuse(UnknownKey, "its key id is %q", id)
	}
	public, err := EncodePublicKey(trusted)
	if err != nil {
		return "", nil, err
	}
	covered, err = (&opabundle.DefaultVerifier{}).VerifyBundleSignature(
		opabundle.SignaturesConfig{Signatures: []string{token.text}},
		&opabundle.VerificationConfig{
			PublicKeys: map[string]*opabundle.KeyConfig{id: {Key: string(public), Algorithm: algorithm}},
			KeyID:      id,
		})
	if err != nil {
		return "", nil, refuse(BadSignature, "the key %q did not sign it", id)
	}
	return id, covered, nil
}

// match proves that these are the files that were signed: no more, no fewer, no
// others. It takes them off covered.
func (t tree) match(covered map[string]opabundle.FileInfo) error {
	for _, name := range t.names() {
		if name == signaturesFile {
			continue
		}
		info, ok := covered[name]
		if !ok {
			return refuse(Changed, "%q was not signed", name)
		}
		if info.Algorithm != hashAlgorithm.String() {
			return refuse(BadSignature, "%q is hashed with %q", name, info.Algorithm)
		}
		if err := opabundle.VerifyBundleFile(name, *bytes.NewBuffer(t[name]), covered); err != nil {
			return refuse(Changed, "%q was changed after signing", name)
		}
	}
	for name := range covered {
		return refuse(Changed, "%q was signed and is not there", name)
	}
	return nil
}

// signed is the one signature of a bundle, read and not verified.
type signed struct {
	text   string
	header header
}

func (t tree) token() (signed, error) {
	text, ok := t[signaturesFile]
	if !ok {
		return signed{}, refuse(Unsigned, "it has no %s", signaturesFile)
	}
	var list opabundle.SignaturesConfig
	if err := json.Unmarshal(text, &list); err != nil {
		return signed{}, refuse(BadSignature, "its %s does not read", signaturesFile)
	}
	if len(list.Signatures) == 0 {
		return signed{}, refuse(Unsigned, "its %s holds no signature", signaturesFile)
	}
	if len(list.Signatures) > 1 {
		return signed{}, refuse(BadSignature, "it has %d signatures, and should have one", len(list.Signatures))
	}
	if list.Plugin != "" && list.Plugin != "_default" {
		return signed{}, refuse(BadSignature, "it asks for the verifier %q", list.Plugin)
	}
	s := signed{text: list.Signatures[0]}
	first, _, _ := strings.Cut(s.text, ".")
	plain, err := base64.RawURLEncoding.DecodeString(first)
	if err == nil {
		err = json.Unmarshal(plain, &s.header)
	}
	if err != nil || s.header.Algorithm != algorithm {
		return signed{}, refuse(BadSignature, "its signature is none of %s", algorithm)
	}
	return s, nil
}
