package vapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/voxanne/cascade/server/provider"
)

// DefaultBase is the real Vapi.
const DefaultBase = "https://api.vapi.ai"

// pageSize is how many rows one list asks for, the most that Vapi gives.
const pageSize = 1000

// Config is what a Client needs. Key is required.
type Config struct {
	// Key is a private key of the organization at Vapi.
	Key string
	// HTTP is how Vapi is called; Name, Base and Authorize have their own
	// defaults here.
	HTTP provider.Config
	// Page is how many rows one list asks for; zero means 1000.
	Page int
}

// Client asks things of Vapi for one organization there. It is safe for
// concurrent use.
type Client struct {
	http *provider.Client
	page int
}

// New makes a Client.
func New(c Config) (*Client, error) {
	if c.Key == "" {
		return nil, errors.New("vapi: a private key is needed")
	}
	c.HTTP.Name = "vapi"
	if c.HTTP.Base == "" {
		c.HTTP.Base = DefaultBase
	}
	c.HTTP.Authorize = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.Key) }
	if c.Page == 0 {
		c.Page = pageSize
	}
	client, err := provider.New(c.HTTP)
	if err != nil {
		return nil, err
	}
	return &Client{http: client, page: c.Page}, nil
}

// call makes a request with a JSON body, unless in is nil, and reads the answer
// into out, unless that is nil. Fields of the answer that we do not know are no
// fault: Vapi adds some every month.
func (c *Client) call(ctx context.Context, q provider.Request, in, out any) error {
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return &provider.Error{Provider: "vapi", Operation: q.Operation, Kind: provider.Refused}
		}
		q.Body, q.ContentType = body, "application/json"
	}
	answer, err := c.http.Do(ctx, q)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return unreadable(q, answer.Status)
	}
	return nil
}

// unreadable is a good answer that says nothing: what was asked may be done.
func unreadable(q provider.Request, status int) error {
	kind := provider.Unknown
	if q.Method == http.MethodGet {
		kind = provider.Unavailable
	}
	return &provider.Error{Provider: "vapi", Operation: q.Operation, Kind: kind, Status: status}
}

// gone makes a deletion of what does not exist a success.
func gone(err error) error {
	if provider.KindOf(err) == provider.NotFound {
		return nil
	}
	return err
}

// escape makes an id one part of a path, whatever is in it.
func escape(id string) string { return url.PathEscape(id) }

// created is what finding by name needs of a row.
type created interface {
	comparable
	label() (name string, at time.Time)
}

// find lists what was created since, newest first, and returns what has the
// name.
func find[T created](ctx context.Context, c *Client, operation, path, name string, since time.Time) ([]T, error) {
	q := provider.Request{Operation: operation, Method: http.MethodGet, Path: path}
	var found []T
	var before time.Time
	for {
		q.Query = url.Values{"limit": {strconv.Itoa(c.page)}, "createdAtGe": {stamp(since)}}
		if !before.IsZero() {
			q.Query.Set("createdAtLt", stamp(before))
		}
		var page []T
		if err := c.call(ctx, q, nil, &page); err != nil {
			return nil, err
		}
		oldest := before
		for _, row := range page {
			called, at := row.label()
			if called == name {
				found = append(found, row)
			}
			if oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
		}
		if len(page) < c.page || oldest.Equal(before) {
			return found, nil
		}
		before = oldest
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
