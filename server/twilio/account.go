package twilio

import (
	"context"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// Account is a clinic's own, under the main one.
type Account struct {
	SID    string
	Name   string
	Status string // active, suspended or closed
	// AuthToken signs what Twilio sends of this account. It is a secret.
	AuthToken string
}

// Key opens one account, and can be taken back without changing its token.
type Key struct {
	SID    string
	Name   string
	Secret string // shown once, when the key is made
}

// CreateAccount makes an account under the main one. It is not idempotent: after
// an unknown outcome look for the name with FindAccounts.
func (c *Client) CreateAccount(ctx context.Context, name string) (Account, error) {
	const operation = "create account"
	a, err := c.api(ctx, operation, false).CreateAccount((&openapi.CreateAccountParams{}).SetFriendlyName(name))
	if err := outcome(operation, false, err); err != nil {
		return Account{}, err
	}
	return accountOf(*a), nil
}

// FindAccounts lists the open accounts of this name.
func (c *Client) FindAccounts(ctx context.Context, name string) ([]Account, error) {
	const operation = "find account"
	page, err := c.api(ctx, operation, true).PageAccount(
		(&openapi.ListAccountParams{}).SetFriendlyName(name).SetPageSize(pageSize), "", "")
	if err := outcome(operation, true, err); err != nil {
		return nil, err
	}
	var found []Account
	for _, a := range page.Accounts {
		if named(a.FriendlyName, name) && deref(a.Status) != "closed" {
			found = append(found, accountOf(a))
		}
	}
	return found, nil
}

// CloseAccount closes an account for good: its numbers are released and its keys
// open nothing. Closing a closed one, or one that does not exist, is no error.
func (c *Client) CloseAccount(ctx context.Context, sid string) error {
	const operation = "close account"
	if err := check(operation, accountSID.MatchString(sid), sid != c.account); err != nil {
		return err
	}
	_, err := c.api(ctx, operation, true).UpdateAccount(sid, (&openapi.UpdateAccountParams{}).SetStatus("closed"))
	return gone(outcome(operation, false, err))
}

// CreateKey makes a key of an account. It is not idempotent; a key whose secret
// was lost with the answer is found by its name, and deleted.
func (c *Client) CreateKey(ctx context.Context, account, name string) (Key, error) {
	const operation = "create key"
	if err := check(operation, accountSID.MatchString(account)); err != nil {
		return Key{}, err
	}
	k, err := c.api(ctx, operation, false).CreateNewKey(
		(&openapi.CreateNewKeyParams{}).SetPathAccountSid(account).SetFriendlyName(name))
	if err := outcome(operation, false, err); err != nil {
		return Key{}, err
	}
	return Key{SID: deref(k.Sid), Name: deref(k.FriendlyName), Secret: deref(k.Secret)}, nil
}

// FindKeys lists the keys of an account that have this name, without their
// secrets. An account that does not exist has none.
func (c *Client) FindKeys(ctx context.Context, account, name string) ([]Key, error) {
	const operation = "find key"
	if err := check(operation, accountSID.MatchString(account)); err != nil {
		return nil, err
	}
	page, err := c.api(ctx, operation, true).PageKey(
		(&openapi.ListKeyParams{}).SetPathAccountSid(account).SetPageSize(pageSize), "", "")
	if err := outcome(operation, true, err); err != nil {
		return nil, gone(err)
	}
	var found []Key
	for _, k := range page.Keys {
		if named(k.FriendlyName, name) {
			found = append(found, Key{SID: deref(k.Sid), Name: name})
		}
	}
	return found, nil
}

// DeleteKey deletes a key of an account. That there is none is no error.
func (c *Client) DeleteKey(ctx context.Context, account, sid string) error {
	const operation = "delete key"
	if err := check(operation, accountSID.MatchString(account), keySID.MatchString(sid)); err != nil {
		return err
	}
	err := c.api(ctx, operation, true).DeleteKey(sid, (&openapi.DeleteKeyParams{}).SetPathAccountSid(account))
	return gone(outcome(operation, false, err))
}

func accountOf(a openapi.ApiV2010Account) Account {
	return Account{SID: deref(a.Sid), Name: deref(a.FriendlyName), Status: deref(a.Status), AuthToken: deref(a.AuthToken)}
}
