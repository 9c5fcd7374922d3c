package twiliofake

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/voxanne/cascade/server/provider/fake"
)

// Config is what a Fake needs. AccountSID and AuthToken are required: the main
// account's.
type Config struct {
	AccountSID string
	AuthToken  string
	Addr       string // where to listen; empty: any free port
	// Numbers is how many can be bought in each area code; zero means 100.
	Numbers int
}

// Fake is a Twilio. Make it with Start; it is safe for concurrent use.
type Fake struct {
	*fake.Server
	Faults *fake.Faults
	config Config

	mu       sync.Mutex
	accounts []*Account
	keys     []*Key
	numbers  []*Number
	made     int
	bought   int
}

// Account is one that exists, closed ones too.
type Account struct{ SID, Name, Status, AuthToken, owner string }

// Key is one that exists.
type Key struct{ SID, Name, Secret, Account string }

// Number is one that was bought and not released.
type Number struct{ SID, Number, Name, Account string }

// Start makes a Fake and lets it listen. Close ends it.
func Start(ctx context.Context, c Config) (*Fake, error) {
	if c.Numbers == 0 {
		c.Numbers = 100
	}
	f := &Fake{Faults: &fake.Faults{}, config: c}
	f.accounts = []*Account{{SID: c.AccountSID, Name: "main", Status: "active", AuthToken: c.AuthToken, owner: c.AccountSID}}
	mux := http.NewServeMux()
	const root = "/2010-04-01/Accounts"
	mux.HandleFunc("POST "+root+".json", f.createAccount)
	mux.HandleFunc("GET "+root+".json", f.listAccounts)
	mux.HandleFunc("POST "+root+"/{account}", f.updateAccount)
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, *Account){
		"POST " + root + "/{account}/Keys.json":                                 f.createKey,
		"GET " + root + "/{account}/Keys.json":                                  f.listKeys,
		"DELETE " + root + "/{account}/Keys/{sid}":                              f.deleteKey,
		"GET " + root + "/{account}/AvailablePhoneNumbers/{country}/Local.json": f.search,
		"POST " + root + "/{account}/IncomingPhoneNumbers.json":                 f.buy,
		"GET " + root + "/{account}/IncomingPhoneNumbers.json":                  f.listNumbers,
		"DELETE " + root + "/{account}/IncomingPhoneNumbers/{sid}":              f.release,
	} {
		mux.HandleFunc(pattern, f.open(h))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { missing(w, r) })
	var err error
	f.Server, err = fake.Listen(ctx, c.Addr, f.Faults, f.authenticated(mux))
	return f, err
}

// authenticated lets in who bears an account's token or one of its keys.
func (f *Fake) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		user, password, _ := r.BasicAuth()
		if f.bearer(user, password) == nil {
			refuse(w, http.StatusUnauthorized, 20003, "Authenticate")
			return
		}
		if r.Method == http.MethodPost && r.ParseForm() != nil {
			refuse(w, http.StatusBadRequest, 20001, "the body is no form")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// bearer is the open account that a credential opens, or nil.
func (f *Fake) bearer(user, password string) *Account {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	for _, a := range f.accounts {
		if a.SID == user && same(a.AuthToken, password) && a.Status == "active" {
			return a
		}
	}
	for _, k := range f.keys {
		if a := f.account(k.Account); k.SID == user && same(k.Secret, password) && a != nil && a.Status == "active" {
			return a
		}
	}
	return nil
}

// open finds the account in the path: one's own, or one under it. In one that
// is closed nothing can be done.
func (f *Fake) open(h func(http.ResponseWriter, *http.Request, *Account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		who, a := f.bearer(user, password), f.account(r.PathValue("account"))
		switch {
		case a == nil || (a != who && a.owner != who.SID):
			missing(w, r)
		case a.Status != "active":
			refuse(w, http.StatusUnauthorized, 20005, "Account "+a.SID+" is not active")
		default:
			h(w, r, a)
		}
	}
}

func (f *Fake) account(sid string) *Account {
	for _, a := range f.accounts {
		if a.SID == sid {
			return a
		}
	}
	return nil
}

// sid makes the next id with a prefix, as Twilio writes them.
func (f *Fake) sid(prefix string) string {
	f.made++
	sum := sha256.Sum256(fmt.Append(nil, prefix, f.config.AccountSID, f.made))
	return prefix + hex.EncodeToString(sum[:16])
}

// Accounts are all under the main one, oldest first.
func (f *Fake) Accounts() []Account {
	f.mu.Lock()
	defer f.mu.Unlock()
	return values(f.accounts[1:])
}

// Keys are all that exist, oldest first.
func (f *Fake) Keys() []Key {
	f.mu.Lock()
	defer f.mu.Unlock()
	return values(f.keys)
}

// Numbers are all that are paid for, oldest first.
func (f *Fake) Numbers() []Number {
	f.mu.Lock()
	defer f.mu.Unlock()
	return values(f.numbers)
}

// Bought is how many numbers ever were.
func (f *Fake) Bought() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bought
}

// Owns reports whether a key opens an account that has a number, as a voice
// provider asks when it imports one.
func (f *Fake) Owns(account, key, secret, number string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.bearer(key, secret)
	if a == nil || a.SID != account {
		return false
	}
	for _, n := range f.numbers {
		if n.Account == account && n.Number == number {
			return true
		}
	}
	return false
}

func values[T any](rows []*T) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = *row
	}
	return out
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is not our fault
}

// refuse answers as Twilio does.
func refuse(w http.ResponseWriter, status, code int, message string) {
	answer(w, status, map[string]any{
		"code": code, "message": message, "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	})
}

func missing(w http.ResponseWriter, r *http.Request) {
	refuse(w, http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
}

// last is the id at the end of a path, without the .json that may follow it.
func last(r *http.Request, name string) string { return strings.TrimSuffix(r.PathValue(name), ".json") }
