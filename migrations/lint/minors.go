package lint

// Oldest is the oldest Postgres that the walls can be built on.
const Oldest = 150000

// Floor are the minors that fixed what reaches past row-level security:
// CVE-2025-8713 (statistics show hidden rows) and, before it, CVE-2024-10976
// (a plan that is used again applies another's policy). 18 had both from the start.
func Floor() []int { return []int{150014, 160010, 170006} }

// Newest are the newest minors when this program was made.
func Newest() []int { return []int{150020, 160016, 170012, 180007} }
