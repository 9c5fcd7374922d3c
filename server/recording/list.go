package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/uuid"
	"gocloud.dev/blob"
)

// object is what the store says of one.
type object struct {
	key      string
	size     int64
	modified time.Time
}

// objects lists a clinic's, in the order of their keys, one page at a time.
func (b *Bucket) objects(ctx context.Context, org uuid.UUID, each func(object) error) error {
	list := b.bucket.List(&blob.ListOptions{Prefix: prefix(org)})
	for {
		o, err := list.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("listing the store: %w", err)
		}
		if err := each(object{o.Key, o.Size, o.ModTime}); err != nil {
			return err
		}
	}
}

// begun is an upload in parts that nobody completed. S3 keeps its parts, and
// bills them, until it is aborted.
type begun struct {
	key, id string
	at      time.Time
}

// uploads lists a clinic's uploads in parts that were begun and not completed. A
// directory has none: what a crash leaves there is a file, which objects lists.
func (b *Bucket) uploads(ctx context.Context, org uuid.UUID) (all []begun, err error) {
	var client *s3.Client
	if !b.bucket.As(&client) {
		return nil, nil
	}
	pages := s3.NewListMultipartUploadsPaginator(client, &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: aws.String(prefix(org))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing uploads in parts: %w", err)
		}
		for _, u := range page.Uploads {
			all = append(all, begun{aws.ToString(u.Key), aws.ToString(u.UploadId), aws.ToTime(u.Initiated)})
		}
	}
	return all, nil
}

// abort ends the uploads of a key that were begun before a moment.
func (b *Bucket) abort(ctx context.Context, org uuid.UUID, key string, before time.Time) error {
	var client *s3.Client
	if !b.bucket.As(&client) {
		return nil
	}
	all, err := b.uploads(ctx, org)
	if err != nil {
		return err
	}
	for _, u := range all {
		if u.key != key || !u.at.Before(before) {
			continue
		}
		_, err := client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &u.key, UploadId: &u.id})
		if err != nil {
			return fmt.Errorf("aborting an upload in parts: %w", err)
		}
	}
	return nil
}

// unfinished reports whether an object of a directory is what a crash left of
// one: it is named for what it would have become.
func (b *Bucket) unfinished(key string) bool { return b.name == "" && strings.HasSuffix(key, ".tmp") }
