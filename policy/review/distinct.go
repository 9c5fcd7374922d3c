package review

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/google/uuid"
)

// Up to exact ids are kept as they are; beyond, 2^precision registers say about
// how many there were (HyperLogLog; Flajolet et al. 2007), to some three percent.
// Either takes a kilobyte.
const (
	exact     = 64
	precision = 10
)

// distinct counts different ids in bounded memory. Its zero value has seen none.
type distinct struct {
	ids       []uuid.UUID
	registers []uint8 // nil while the ids are known
}

func (d *distinct) add(id uuid.UUID) {
	if d.registers == nil {
		if slices.Contains(d.ids, id) {
			return
		}
		if len(d.ids) < exact {
			d.ids = append(d.ids, id)
			return
		}
		d.registers = make([]uint8, 1<<precision)
		for _, known := range d.ids {
			d.register(known)
		}
		d.ids = nil
	}
	d.register(id)
}

// register hashes: ids that follow each other in time share most of their bits.
func (d *distinct) register(id uuid.UUID) {
	sum := sha256.Sum256(id[:])
	hash := binary.BigEndian.Uint64(sum[:])
	rank := uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1)) + 1) //nolint:gosec // at most 55
	at := hash >> (64 - precision)
	d.registers[at] = max(d.registers[at], rank)
}

// count returns how many ids were added, and whether that is exact.
func (d *distinct) count() (n int64, isExact bool) {
	if d.registers == nil {
		return int64(len(d.ids)), true
	}
	const m = 1 << precision
	sum, empty := 0.0, 0
	for _, rank := range d.registers {
		sum += math.Ldexp(1, -int(rank))
		if rank == 0 {
			empty++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return int64(math.Round(estimate)), false
}
