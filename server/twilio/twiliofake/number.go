package twiliofake

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// e164 is ITU-T E.164 with its plus.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// What Twilio's test credentials answer to, whatever was sold.
const (
	magicInvalid     = "+15005550001"
	magicUnavailable = "+15005550000"
	emptyAreaCode    = 533
)

// stock are the numbers of an area code that nobody has, lowest first.
func (f *Fake) stock(area int) []string {
	if area == emptyAreaCode {
		return nil
	}
	var free []string
	for i := range f.config.Numbers {
		number := fmt.Sprintf("+1%03d555%04d", area, i)
		if !slices.ContainsFunc(f.numbers, func(n *Number) bool { return n.Number == number }) {
			free = append(free, number)
		}
	}
	return free
}

func (f *Fake) search(w http.ResponseWriter, r *http.Request, _ *Account) {
	q := r.URL.Query()
	area, most := 415, 50
	if q.Has("AreaCode") {
		area, _ = strconv.Atoi(q.Get("AreaCode"))
	}
	if n, err := strconv.Atoi(q.Get("PageSize")); err == nil {
		most = n
	}
	switch {
	case r.PathValue("country") != "US" && r.PathValue("country") != "CA":
		missing(w, r) // no numbers are sold there
		return
	case area < 200 || area > 999 || most < 1 || most > 1000:
		refuse(w, http.StatusBadRequest, 20001, "AreaCode or PageSize is not valid")
		return
	}
	rows := []any{}
	for _, number := range f.stock(area) {
		if len(rows) == most {
			break
		}
		rows = append(rows, map[string]any{
			"phone_number": number, "friendly_name": number, "iso_country": "US",
			"capabilities": map[string]bool{"voice": true, "SMS": true, "MMS": false},
		})
	}
	answer(w, http.StatusOK, map[string]any{"available_phone_numbers": rows})
}

// buy sells a number, or one of an area code.
func (f *Fake) buy(w http.ResponseWriter, r *http.Request, a *Account) {
	if !knows(w, r, "PhoneNumber", "AreaCode", "FriendlyName", "VoiceUrl", "VoiceMethod", "VoiceFallbackUrl",
		"StatusCallback", "StatusCallbackMethod", "SmsUrl", "AddressSid", "BundleSid", "IdentitySid") {
		return
	}
	number, name := r.PostForm.Get("PhoneNumber"), r.PostForm.Get("FriendlyName")
	if code := r.PostForm.Get("AreaCode"); number == "" && code != "" {
		area, _ := strconv.Atoi(code)
		if free := f.stock(area); len(free) > 0 {
			number = free[0]
		} else {
			refuse(w, http.StatusBadRequest, 21452, "No phone numbers found in area code "+code)
			return
		}
	}
	area, _ := strconv.Atoi(strings.TrimPrefix(number, "+1")[:min(3, len(strings.TrimPrefix(number, "+1")))])
	switch {
	case len(name) > maxName:
		refuse(w, http.StatusBadRequest, 21490, "FriendlyName is longer than 64 characters")
		return
	case !e164.MatchString(number) || number == magicInvalid:
		refuse(w, http.StatusBadRequest, 21421, number+" is not a valid number")
		return
	case number == magicUnavailable || !slices.Contains(f.stock(area), number):
		refuse(w, http.StatusBadRequest, 21422, number+" is not available")
		return
	}
	n := &Number{SID: f.sid("PN"), Number: number, Name: name, Account: a.SID}
	if name == "" {
		n.Name = number
	}
	f.bought++
	f.numbers = append(f.numbers, n)
	answer(w, http.StatusCreated, numberOf(n))
}

func (f *Fake) listNumbers(w http.ResponseWriter, r *http.Request, a *Account) {
	q := r.URL.Query()
	rows := []any{}
	for _, n := range f.numbers {
		if n.Account == a.SID && (!q.Has("FriendlyName") || n.Name == q.Get("FriendlyName")) &&
			(!q.Has("PhoneNumber") || n.Number == q.Get("PhoneNumber")) {
			rows = append(rows, numberOf(n))
		}
	}
	answer(w, http.StatusOK, map[string]any{"incoming_phone_numbers": rows, "page": 0, "page_size": len(rows)})
}

func (f *Fake) release(w http.ResponseWriter, r *http.Request, a *Account) {
	before := len(f.numbers)
	f.numbers = slices.DeleteFunc(f.numbers, func(n *Number) bool { return n.Account == a.SID && n.SID == last(r, "sid") })
	if len(f.numbers) == before {
		missing(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func numberOf(n *Number) map[string]any {
	return map[string]any{
		"sid": n.SID, "phone_number": n.Number, "friendly_name": n.Name, "account_sid": n.Account, "status": "in-use",
	}
}
