package demo

// harborSkin is a dermatologist in London.
func harborSkin() clinic {
	return clinic{
		slug: "harbor-skin", name: "Harbor Skin", canary: "canary-harbor",
		timezone: "Europe/London", region: "eu", locale: "en-GB", language: "en-GB", country: "GB",
		plan: "growth", currency: "GBP",
		line: "+44207946%04d", mobile: "+4477009%05d", desk: "+44113496%04d",
		first: []string{
			"Amelia", "Oliver", "Zainab", "Callum", "Isla", "Rohan", "Freya", "Tomasz", "Imogen", "Kwame", "Beatrice",
			"Declan", "Aisha", "Rupert", "Megan", "Yusuf", "Harriet", "Gareth", "Nadia", "Angus",
		},
		last: []string{
			"Ashworth", "Begum", "Campbell", "Dhillon", "Fairfax", "Griffiths", "Hargreaves", "Ibrahim", "Jarvis", "Kendrick",
			"Loxley", "Mensah", "Novak", "Pemberton", "Radcliffe", "Sinclair", "Thornton",
		},
		practitioners: []string{"Dr Whitlock", "Dr Anand", "Nurse Keane"},
		services: []service{
			{"a mole check", 20, "£125"},
			{"an acne consultation", 30, "£160"},
			{"a chemical peel", 45, "£190"},
			{"laser hair removal", 40, "£95"},
			{"an eczema review", 25, "£140"},
			{"full-body mole mapping", 60, "£340"},
			{"a microneedling session", 60, "£220"},
		},
		complaints: []string{
			"a mole that has changed its shape", "acne that came back after antibiotics", "dry patches on both elbows",
			"a rash since I changed my sun cream", "redness two days after a peel",
		},
		urgent: []string{
			"a swollen face since the injection this morning", "blisters spreading since the laser treatment", "a mole that bleeds and does not stop",
		},
		payers: []string{"Bupa", "AXA Health", "Vitality", "Aviva"},
		articles: []article{
			{"operations", "Opening hours", "Monday to Friday 9:00 to 19:00, Saturday 10:00 to 15:00, closed on Sunday and on bank holidays."},
			{"pricing", "Prices", "A mole check is £125, a consultation from £140, a peel £190, mole mapping £340. Courses of six laser sessions are one fifth cheaper."},
			{"pricing", "Insurers", "We are recognised by Bupa, AXA Health, Vitality and Aviva. Please have your membership and authorisation numbers ready."},
			{"products_services", "Mole mapping", "A full-body photograph under polarised light, compared with the last one. It takes an hour; please come without make-up or tanning lotion."},
			{"ai_guidelines", "When to hand over a call", "Hand over at once for swelling of the face, blisters after a treatment, bleeding that does not stop, and for every complaint about a result."},
			{"company_info", "How to find us", "7 Quayside Row, second floor, lift from the courtyard. Five minutes from the river bus; there is no parking on the street."},
			{"general", "After a peel", "No sun, no gym and no retinol for five days. Peeling starts on the third day; call us if there are blisters or if it weeps."},
			{"operations", "Cancelling", "Treatments can be moved up to 48 hours before. After that half of the price is due; the nurse may waive it."},
		},
		hours: weekdays([]span{{"10:00", "15:00"}}, span{"09:00", "13:00"}, span{"13:30", "19:00"}),
	}
}
