package workshop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// remote are the flags that say which server is asked, and as whom.
type remote struct{ url, tokenFile, data, as string }

func (r *remote) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.url, "url", "", "the server, as in https://api.example.com; the token is CASCADE_TOKEN or in --token-file")
	cmd.Flags().StringVar(&r.tokenFile, "token-file", "", "a file that holds the token, so that no list of processes shows it")
	cmd.Flags().StringVar(&r.data, "data", "", "or the data directory of a development server")
	cmd.Flags().StringVar(&r.as, "as", "security@cascade.test", "who asks there, with --data")
	cmd.MarkFlagsMutuallyExclusive("url", "data")
	if !strings.Contains(cmd.Long, " 0 ") {
		cmd.Long += "\n\nEnds with 0 when it was done, 1 when the server refused, saying why, and 2 when it\ncould not be asked."
	}
}

// client speaks GraphQL to one server as one person. Its token is in no error.
type client struct {
	url, token string
	http       *http.Client
}

// longestAnswer bounds one answer: a review over many decisions is long.
const longestAnswer = 64 << 20

// answerTimeout is how long a server may take to answer.
const answerTimeout = time.Minute

// open reads who asks whom.
func (r remote) open(c Config) (*client, error) {
	out := &client{url: strings.TrimSuffix(r.url, "/") + "/graphql", token: c.Token, http: &http.Client{Timeout: answerTimeout}}
	switch {
	case r.data != "":
		return out, r.development(out)
	case r.url == "":
		return nil, errors.New("which server? Name --url, or --data with the data directory of a development server")
	case r.tokenFile != "":
		text, err := os.ReadFile(r.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading the token: %w", err)
		}
		out.token = strings.TrimSpace(string(text))
	}
	if out.token == "" {
		return nil, errors.New("who asks? Set CASCADE_TOKEN, or name --token-file")
	}
	return out, nil
}

// development finds the address and the token in dev.json.
func (r remote) development(to *client) error {
	text, err := os.ReadFile(filepath.Join(r.data, "dev.json"))
	if err != nil {
		return fmt.Errorf("reading a development server's data: %w (start it first: cascade dev --data %s)", err, r.data)
	}
	var about struct {
		GraphQL  string `json:"graphql"`
		Platform []struct {
			Email string `json:"email"`
			Token string `json:"token"`
		} `json:"platform"`
	}
	if err := json.Unmarshal(text, &about); err != nil {
		return errors.New("reading dev.json: it is not what a development server writes") // the error would quote tokens
	}
	var known []string
	for _, p := range about.Platform {
		if p.Email == r.as {
			to.url, to.token = about.GraphQL, p.Token
			return nil
		}
		known = append(known, p.Email)
	}
	slices.Sort(known)
	return fmt.Errorf("--as %s: nobody there has that address; there are %s", r.as, strings.Join(known, ", "))
}

// ask posts one operation. What the server refuses is Found, in its own words;
// anything else that goes wrong means that it could not be asked.
func (c *client) ask(ctx context.Context, document string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("asking the server: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
		Title  string `json:"title"` // of problem+json, RFC 9457
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s answered %s, and no GraphQL", c.url, response.Status)
	}
	switch {
	case len(answer.Errors) > 0:
		said := make([]string, len(answer.Errors))
		for i, e := range answer.Errors {
			said[i] = e.Message
		}
		return Found{strings.Join(said, "\n")}
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s answered %s: %s", c.url, response.Status, strings.TrimSpace(answer.Title+" "+answer.Detail))
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return nil
}
