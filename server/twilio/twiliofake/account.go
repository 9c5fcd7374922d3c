package twiliofake

import (
	"net/http"
	"slices"
)

// maxName is how long a friendly name may be.
const maxName = 64

func (f *Fake) createAccount(w http.ResponseWriter, r *http.Request) {
	if !knows(w, r, "FriendlyName") {
		return
	}
	user, password, _ := r.BasicAuth()
	name := r.PostForm.Get("FriendlyName")
	if len(name) > maxName {
		refuse(w, http.StatusBadRequest, 20001, "FriendlyName is longer than 64 characters")
		return
	}
	sid := f.sid("AC")
	a := &Account{SID: sid, Name: name, Status: "active", AuthToken: f.sid("")[:32], owner: f.bearer(user, password).SID}
	f.accounts = append(f.accounts, a)
	answer(w, http.StatusCreated, accountOf(a))
}

func (f *Fake) listAccounts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	rows := []any{}
	for _, a := range f.accounts {
		if (q.Has("FriendlyName") && a.Name != q.Get("FriendlyName")) || (q.Has("Status") && a.Status != q.Get("Status")) {
			continue
		}
		rows = append(rows, accountOf(a))
	}
	answer(w, http.StatusOK, map[string]any{"accounts": rows, "page": 0, "page_size": len(rows)})
}

// updateAccount closes an account: its numbers are released and it stays closed.
// Closing it again answers as the first time.
func (f *Fake) updateAccount(w http.ResponseWriter, r *http.Request) {
	if !knows(w, r, "Status", "FriendlyName") {
		return
	}
	user, password, _ := r.BasicAuth()
	a := f.account(last(r, "account"))
	status := r.PostForm.Get("Status")
	switch {
	case a == nil || a.owner != f.bearer(user, password).SID:
		missing(w, r)
		return
	case !slices.Contains([]string{"active", "suspended", "closed"}, status):
		refuse(w, http.StatusBadRequest, 20001, "Status is not valid")
		return
	case a.SID == f.config.AccountSID, a.Status == "closed" && status != "closed":
		refuse(w, http.StatusBadRequest, 20008, "this account cannot be changed")
		return
	}
	a.Status = status
	if status == "closed" {
		f.numbers = slices.DeleteFunc(f.numbers, func(n *Number) bool { return n.Account == a.SID })
		f.keys = slices.DeleteFunc(f.keys, func(k *Key) bool { return k.Account == a.SID })
	}
	answer(w, http.StatusOK, accountOf(a))
}

func (f *Fake) createKey(w http.ResponseWriter, r *http.Request, a *Account) {
	if !knows(w, r, "FriendlyName") {
		return
	}
	k := &Key{SID: f.sid("SK"), Name: r.PostForm.Get("FriendlyName"), Secret: f.sid("")[:32], Account: a.SID}
	f.keys = append(f.keys, k)
	answer(w, http.StatusCreated, map[string]any{"sid": k.SID, "friendly_name": k.Name, "secret": k.Secret})
}

func (f *Fake) listKeys(w http.ResponseWriter, _ *http.Request, a *Account) {
	rows := []any{}
	for _, k := range f.keys {
		if k.Account == a.SID {
			rows = append(rows, map[string]any{"sid": k.SID, "friendly_name": k.Name})
		}
	}
	answer(w, http.StatusOK, map[string]any{"keys": rows, "page": 0, "page_size": len(rows)})
}

func (f *Fake) deleteKey(w http.ResponseWriter, r *http.Request, a *Account) {
	before := len(f.keys)
	f.keys = slices.DeleteFunc(f.keys, func(k *Key) bool { return k.Account == a.SID && k.SID == last(r, "sid") })
	if len(f.keys) == before {
		missing(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// knows refuses a form with a field that is not known, or one twice: Twilio
// ignores what it does not know, and a mistake in a name would not be seen.
func knows(w http.ResponseWriter, r *http.Request, fields ...string) bool {
	for name, values := range r.PostForm {
		if !slices.Contains(fields, name) || len(values) != 1 {
			refuse(w, http.StatusBadRequest, 20001, "the form has a field that is not known: "+name)
			return false
		}
	}
	return true
}

func accountOf(a *Account) map[string]any {
	return map[string]any{
		"sid": a.SID, "friendly_name": a.Name, "status": a.Status, "auth_token": a.AuthToken,
		"owner_account_sid": a.owner, "type": "Full",
	}
}
