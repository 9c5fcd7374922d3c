package demo

// sunriseDental is a family dentist in New York.
func sunriseDental() clinic {
	return clinic{
		slug: "sunrise-dental", name: "Sunrise Dental", canary: "canary-sunrise",
		timezone: "America/New_York", region: "us", locale: "en-US", language: "en-US", country: "US",
		plan: "scale", currency: "USD",
		line: "+1555010%04d", mobile: "+1555014%04d", desk: "+1555019%04d",
		first: []string{
			"Maya", "Luis", "Grace", "Andre", "Priya", "Hannah", "Marcus", "Elena", "Owen", "Tasha", "Victor", "Naomi",
			"Samuel", "Rosa", "Ethan", "Lin", "Carmen", "Jerome", "Abigail", "Dmitri",
		},
		last: []string{
			"Ortiz", "Bennett", "Kowalski", "Freeman", "Desai", "Goldberg", "Rivera", "Nguyen", "Walsh", "Coleman", "Park",
			"Santoro", "Whitaker", "Haddad", "Lindgren", "Brooks", "Morales",
		},
		practitioners: []string{"Dr. Feldman", "Dr. Okafor", "Dr. Reyes"},
		services: []service{
			{"a cleaning and check-up", 45, "$140"},
			{"a filling", 60, "$220"},
			{"teeth whitening", 90, "$380"},
			{"a crown fitting", 75, "$1,150"},
			{"a root canal consultation", 40, "$95"},
			{"clear aligners", 30, "$3,900"},
			{"a child's first visit", 30, "$85"},
		},
		complaints: []string{
			"a dull ache in a lower molar", "bleeding gums when I brush", "a tooth that is sensitive to cold",
			"a filling that came out", "a night guard that no longer fits",
		},
		urgent: []string{
			"a tooth that was knocked out an hour ago", "a swollen jaw and a fever", "bleeding after an extraction that does not stop",
		},
		payers: []string{"Delta Dental", "MetLife", "Cigna", "CareCredit financing"},
		articles: []article{
			{"operations", "Opening hours", "Monday to Friday 8:00 to 18:00, Saturday 9:00 to 14:00, closed on Sunday. The last new patient is seen 45 minutes before closing."},
			{"pricing", "What visits cost", "A cleaning and check-up is $140, a filling from $220, whitening $380, a crown from $1,150. Members of the in-house plan pay 20% less."},
			{"pricing", "Insurance", "We are in network with Delta Dental, MetLife and Cigna, and file claims for patients of any PPO. We do not take Medicaid."},
			{"products_services", "Clear aligners", "Treatment takes 6 to 18 months. The first consultation and the scan are free; aligners can be paid over 24 months."},
			{"ai_guidelines", "When to hand over a call", "Hand over at once for knocked-out teeth, swelling with fever, bleeding that does not stop, and whenever the caller asks twice for a person."},
			{"company_info", "How to find us", "214 West Elm Street, ground floor, step-free. The garage on Elm is free for two hours with a stamp from the front desk."},
			{"general", "After an extraction", "Bite on gauze for 30 minutes, nothing hot for a day, no straw for three. Some oozing is normal for 12 hours; call if it does not slow down."},
			{"operations", "Cancelling", "A visit can be moved or cancelled without a fee up to 24 hours before it. After that we ask for $40."},
		},
		hours: weekdays([]span{{"09:00", "14:00"}}, span{"08:00", "18:00"}),
	}
}
