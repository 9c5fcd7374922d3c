package twilio

import (
	"context"
	"strconv"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// pageSize is how many rows one list asks for, the most that Twilio gives. Names
// are one purchase's own, so that one page holds all of a name.
const pageSize = 1000

// Search says which numbers are wanted.
type Search struct {
	Country  string // ISO 3166-1 alpha-2
	AreaCode int    // of North America; zero: any
	Most     int    // how many; zero means 20
}

// Purchase is a number to buy.
type Purchase struct {
	Number string // E.164
	// Name is this purchase's own, up to MaxFriendlyName characters: the only
	// way to find it when its answer is lost.
	Name string
	// StatusCallback is told of calls' ends; empty: nobody.
	StatusCallback string
}

// Number is one that an account has.
type Number struct {
	SID     string
	Number  string
	Name    string
	Account string
}

// SearchNumbers lists local numbers that can be bought and answered, and that
// need no address of their holder.
func (c *Client) SearchNumbers(ctx context.Context, account string, s Search) ([]string, error) {
	const operation = "search numbers"
	if err := check(operation, accountSID.MatchString(account), len(s.Country) == 2); err != nil {
		return nil, err
	}
	if s.Most == 0 {
		s.Most = 20
	}
	params := (&openapi.ListAvailablePhoneNumberLocalParams{}).SetPathAccountSid(account).
		SetVoiceEnabled(true).SetExcludeAllAddressRequired(true).SetPageSize(s.Most)
	if s.AreaCode != 0 {
		params.SetAreaCode(s.AreaCode)
	}
	page, err := c.api(ctx, operation, true).PageAvailablePhoneNumberLocal(s.Country, params, "", "")
	if err := outcome(operation, true, err); err != nil {
		return nil, err
	}
	found := make([]string, 0, len(page.AvailablePhoneNumbers))
	for _, n := range page.AvailablePhoneNumbers {
		found = append(found, deref(n.PhoneNumber))
	}
	return found, nil
}

// BuyNumber buys a number, which costs money every month until it is released.
// It is never repeated here. After an unknown outcome look for the name with
// FindNumbers; after CodeNotAvailable choose another number.
func (c *Client) BuyNumber(ctx context.Context, account string, p Purchase) (Number, error) {
	const operation = "buy number"
	if err := check(operation, accountSID.MatchString(account), p.Name != "", len(p.Name) <= MaxFriendlyName); err != nil {
		return Number{}, err
	}
	params := (&openapi.CreateIncomingPhoneNumberParams{}).SetPathAccountSid(account).
		SetPhoneNumber(p.Number).SetFriendlyName(p.Name)
	if p.StatusCallback != "" {
		params.SetStatusCallback(p.StatusCallback)
	}
	n, err := c.api(ctx, operation, false).CreateIncomingPhoneNumber(params)
	if err := outcome(operation, false, err); err != nil {
		return Number{}, err
	}
	return numberOf(*n), nil
}

// FindNumbers lists the numbers of an account that have this name. An account
// that does not exist has none.
func (c *Client) FindNumbers(ctx context.Context, account, name string) ([]Number, error) {
	const operation = "find number"
	if err := check(operation, accountSID.MatchString(account)); err != nil {
		return nil, err
	}
	page, err := c.api(ctx, operation, true).PageIncomingPhoneNumber((&openapi.ListIncomingPhoneNumberParams{}).
		SetPathAccountSid(account).SetFriendlyName(name).SetPageSize(pageSize), "", "")
	if err := outcome(operation, true, err); err != nil {
		return nil, gone(err)
	}
	var found []Number
	for _, n := range page.IncomingPhoneNumbers {
		if named(n.FriendlyName, name) {
			found = append(found, numberOf(n))
		}
	}
	return found, nil
}

// ReleaseNumber gives a number back, for anybody to buy. That there is none is
// no error.
func (c *Client) ReleaseNumber(ctx context.Context, account, sid string) error {
	const operation = "release number"
	if err := check(operation, accountSID.MatchString(account), numberSID.MatchString(sid)); err != nil {
		return err
	}
	err := c.api(ctx, operation, true).DeleteIncomingPhoneNumber(sid,
		(&openapi.DeleteIncomingPhoneNumberParams{}).SetPathAccountSid(account))
	return gone(outcome(operation, false, err))
}

func numberOf(n openapi.ApiV2010IncomingPhoneNumber) Number {
	return Number{
		SID: deref(n.Sid), Number: deref(n.PhoneNumber), Name: deref(n.FriendlyName), Account: deref(n.AccountSid),
	}
}

// AreaCode reads an area code of North America, or gives zero for what is none.
func AreaCode(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || len(text) != 3 || n < 200 {
		return 0
	}
	return n
}
