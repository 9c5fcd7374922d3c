package graph_test

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/google/uuid"
)

// accessKey draws a key of a form of its own: graph keeps any.
func accessKey() (reveal, publicID, lastFour string, hash [sha256.Size]byte, err error) {
	id := uuid.New()
	reveal = "key_" + hex.EncodeToString(id[:])
	return reveal, reveal[4:14], reveal[len(reveal)-4:], sha256.Sum256([]byte(reveal)), nil
}
