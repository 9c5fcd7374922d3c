package vapi

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// hiddenKeys are the names, folded, whose values are taken out.
var hiddenKeys = map[string]bool{
	"secret": true, "token": true, "password": true, "credential": true, "credentials": true,
	"headers": true, "authorization": true, "apikey": true, "twilioapikey": true,
	// Where a call can be heard or steered, or a recording or log fetched.
	"callurl": true, "webcallurl": true, "websocketcallurl": true,
	"stereourl": true, "combinedurl": true, "assistanturl": true, "customerurl": true,
	"monourl": true, "videourl": true, "audiourl": true, "logurl": true, "pcapurl": true,
}

// hiddenEndings are how such names end when a provider puts words before them.
// "token" alone is not among them: model settings count tokens.
var hiddenEndings = []string{
	"secret", "password", "passwd", "apikey", "privatekey", "secretkey", "accesskey", "signingkey",
	"accountsid", "credential", "credentials", "authorization",
	"authtoken", "accesstoken", "refreshtoken", "calltoken", "apitoken", "bearertoken", "sessiontoken",
	"securitytoken", "idtoken", "servertoken",
	"recordingurl", "controlurl", "listenurl", "signedurl",
}

// hiddenParams are the names, folded, of query parameters that make a URL work
// for whoever holds it, besides the names above.
var hiddenParams = map[string]bool{
	"xamzsignature": true, "xamzcredential": true, "xamzsecuritytoken": true, "awsaccesskeyid": true,
	"xgoogsignature": true, "xgoogcredential": true, "signature": true, "sig": true, "hmac": true,
	"jwt": true, "auth": true, "key": true, "hdnts": true,
}

// hidden reports whether the value under key must go.
func hidden(key string) bool {
	k := fold(key)
	if hiddenKeys[k] || strings.HasPrefix(k, "presigned") {
		return true
	}
	for _, ending := range hiddenEndings {
		if strings.HasSuffix(k, ending) {
			return true
		}
	}
	return false
}

// fold makes one name of the ways to write it: lower case, letters and digits
// only. Letters that Unicode folds into ASCII ones are folded too.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case r < 0x80:
			return -1
		}
		if r = unicode.ToLower(unicode.ToUpper(r)); unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

var (
	urlPattern = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>\\]+`)

	// liveCall matches the URLs of Vapi that hear or steer a running call.
	liveCall = regexp.MustCompile(`(?i)vapi\.ai(?::\d+)?/.*(?:listen|control|transport)\b`)

	// secretWords are the names that cannot be anything but a secret's, with
	// what follows them, for text that quotes a configuration. Everyday words
	// are left out: a caller may well say "secret".
	secretWords = regexp.MustCompile(`(?i)(` +
		`(?:twilio[_-]?(?:auth[_-]?token|account[_-]?sid|api[_-]?key|api[_-]?secret)` +
		`|server[_-]?url[_-]?secret|(?:auth|access|call|refresh)[_-]?token|(?:api|client)[_-]?secret` +
		`|(?:control|listen)[_-]?url|x-vapi-secret|presigned[a-z]*url` +
		`|x-amz-(?:signature|credential|security-token)|["']secret["']|authorization)` +
		`["'\\]*\s*[:=]\s*["'\\]*(?:(?:bearer|basic)\s+)?)([^\s"'\\,;&(){}\[\]]+)`)

	// secretHints are parts of every secretWord; text without one is not searched.
	secretHints = []string{"token", "secret", "twilio", "control", "listen", "x-amz-", "presigned", "authorization"}
)

// redactText takes out of plain text the URLs that carry a right, and the
// values of well-known secrets.
func redactText(s string) string {
	if strings.Contains(s, "://") {
		s = urlPattern.ReplaceAllStringFunc(s, func(u string) string {
			if carriesRight(u) {
				return Redacted
			}
			return u
		})
	}
	if strings.ContainsAny(s, ":=") && hinted(s) {
		s = secretWords.ReplaceAllString(s, "${1}"+Redacted)
	}
	return s
}

func hinted(s string) bool {
	s = strings.ToLower(s)
	for _, hint := range secretHints {
		if strings.Contains(s, hint) {
			return true
		}
	}
	return false
}

// carriesRight reports whether a URL is enough to get at what it names. A URL
// within a URL is written with escapes, so they are undone a few times.
func carriesRight(u string) bool {
	for range 4 {
		if liveCall.MatchString(u) {
			return true
		}
		_, rest, _ := strings.Cut(u, "://")
		authority := rest
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			authority = rest[:i]
		}
		if user, _, found := strings.Cut(authority, "@"); found && strings.Contains(user, ":") {
			return true
		}
		for i, param := range strings.FieldsFunc(u, func(r rune) bool { return strings.ContainsRune("?&;#", r) }) {
			name, value, _ := strings.Cut(param, "=")
			if i > 0 && value != "" && (hidden(name) || hiddenParams[fold(name)]) {
				return true
			}
		}
		next := unescape(u)
		if next == u {
			return false
		}
		u = next
	}
	return true
}

// unescape undoes the percent-encoding of ASCII, leaving broken escapes alone.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+3 <= len(s) {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
