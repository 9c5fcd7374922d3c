package demo

// northsidePhysio is a physiotherapist in Sydney, where clocks change the other
// way round.
func northsidePhysio() clinic {
	return clinic{
		slug: "northside-physio", name: "Northside Physio", canary: "canary-northside",
		timezone: "Australia/Sydney", region: "ap", locale: "en-AU", language: "en-AU", country: "AU",
		plan: "growth", currency: "AUD",
		line: "+6125550%04d", mobile: "+6127010%04d", desk: "+6137010%04d",
		first: []string{
			"Lachlan", "Matilda", "Jack", "Chloe", "Nikolai", "Ruby", "Hamish", "Mei", "Darcy", "Sienna", "Tane", "Bronte",
			"Anh", "Kylie", "Cooper", "Leila", "Angus", "Poppy", "Ravi", "Jarrah",
		},
		last: []string{
			"Abbott", "Brennan", "Chen", "Donohue", "Everingham", "Fitzgerald", "Georgiou", "Hollis", "Iyer", "Johnstone",
			"Kaur", "Lockyer", "Murray", "Nikolaidis", "O'Shea", "Papas", "Tran",
		},
		practitioners: []string{"Jess Maher", "Tom Vella", "Sunita Rao"},
		services: []service{
			{"an initial assessment", 60, "$135"},
			{"a follow-up session", 30, "$98"},
			{"dry needling", 30, "$105"},
			{"a running analysis", 75, "$210"},
			{"post-surgery rehab", 45, "$120"},
			{"clinical pilates", 55, "$45"},
			{"a sports massage", 60, "$125"},
		},
		complaints: []string{
			"a sore lower back since lifting a fridge", "a knee that clicks on stairs", "a stiff neck from desk work",
			"a calf that pulled at touch footy", "tingling in two fingers after typing",
		},
		urgent: []string{
			"no feeling between my legs since my back went", "a calf that is hot and swollen after the flight", "chest pain since the massage this morning",
		},
		payers: []string{"Medibank", "Bupa", "HCF", "a Medicare care plan"},
		articles: []article{
			{"operations", "Opening hours", "Monday to Friday 7:00 to 19:00, Saturday 8:00 to 13:00, closed on Sunday and on public holidays."},
			{"pricing", "Fees", "An initial assessment is $135, a follow-up $98, dry needling $105, pilates $45 a class. HICAPS claims are made on the spot."},
			{"pricing", "Health funds and Medicare", "We claim from Medibank, Bupa, HCF and all HICAPS funds. With a care plan from your GP, Medicare pays for five sessions a year."},
			{"products_services", "Running analysis", "Seventy-five minutes on the treadmill with two cameras, a strength screen and a written plan. Bring both old and new shoes."},
			{"ai_guidelines", "When to hand over a call", "Hand over at once for numbness between the legs, a hot swollen calf, chest pain, and falls with a suspected fracture."},
			{"company_info", "How to find us", "Shop 3, 88 Ridge Road, opposite the station. Two parking bays behind the building are for patients who cannot walk far."},
			{"general", "Before your first visit", "Bring scans and the referral if you have one, and wear shorts for a knee or hip. Please come ten minutes early."},
			{"operations", "Cancelling", "Sessions can be moved up to 12 hours before. Later than that, or not coming at all, costs half of the fee."},
		},
		hours: weekdays([]span{{"08:00", "13:00"}}, span{"07:00", "19:00"}),
	}
}
