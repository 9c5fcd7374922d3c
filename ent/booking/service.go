// Package booking is the shape in which a clinic's bookable services are kept.
package booking

// Service is something that a visit can be for. Both fields are always there:
// a name of 1 to 100 characters and 5 to 480 minutes.
type Service struct {
	Name    string `json:"name"`
	Minutes int    `json:"minutes"`
}
