package demo

// scenario is a kind of call: why somebody rings, how it goes, and what is
// noted afterwards. Texts hold {words} that each call fills in.
type scenario struct {
	weight    int
	intent    string
	turns     []string // the assistant first, then in turn
	outcome   string
	summary   string
	mood      mood
	books     bool // ends with an appointment
	hands     bool // is handed over to a person
	escalates bool // a person must look at it
}

// mood is how callers of a scenario sound.
type mood struct {
	sentiment string
	low, high int // of the score
	note      string
	urgency   string
}

var (
	pleased = mood{"positive", 74, 97, "Friendly and satisfied with the answer.", "low"}
	matter  = mood{"neutral", 48, 69, "Matter-of-fact.", "low"}
	worried = mood{"negative", 22, 44, "Worried, calmer at the end.", "critical"}
	annoyed = mood{"negative", 8, 33, "Annoyed and repeated the complaint.", "high"}
)

// scenarios of calls that come in.
var scenarios = []scenario{
	{
		weight: 30, intent: "booking", books: true, mood: pleased,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"Hi, my name is {full}. I would like to book {service}.",
			"Of course, {name}. I have {day} at {time} with {doctor}. Would that suit you?",
			"{day} at {time} works for me.",
			"You are booked. You will get a text message with the details. Is there anything else?",
			"No, that is all. Thank you!",
		},
		outcome: "Booked {service} for {day} at {time}.",
		summary: "{full} asked for {service} and was booked with {doctor} on {day} at {time}.",
	},
	{
		weight: 12, intent: "new_patient", books: true, mood: pleased,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"Hello, I have not been with you before. I have {complaint}.",
			"I am sorry to hear that. Since when have you had it?",
			"About two weeks now.",
			"Then {doctor} should see you. I have {day} at {time} for {service}. May I take your name?",
			"{full}. Yes, please book that.",
			"Thank you, {name}. It is booked. Please come ten minutes early for the form.",
			"I will. Goodbye.",
		},
		outcome: "New patient, booked {service}.",
		summary: "{full} is new and has {complaint}. Booked {service} with {doctor} on {day} at {time}.",
	},
	{
		weight: 11, intent: "rescheduling", mood: matter,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"This is {full}. I have to move my appointment on {day}.",
			"No problem, {name}. The next free one is the week after, at {time}. Shall I move it there?",
			"Yes, please.",
			"Done. The old one is free again and you will get a new message.",
		},
		outcome: "Moved to the following week at {time}.",
		summary: "{full} moved an appointment with {doctor} by one week.",
	},
	{
		weight: 13, intent: "price", mood: matter,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"What do you charge for {service}?",
			"For {service} it is {price}. It takes a visit of its own, and we can do it this month.",
			"And do you take {payer}?",
			"Yes, we do. Shall I look for a time?",
			"I will think about it and call back.",
		},
		outcome: "Gave the price of {service}; will call back.",
		summary: "Asked what {service} costs and whether {payer} is taken. Told {price}. No appointment yet.",
	},
	{
		weight: 8, intent: "opening_hours", mood: pleased,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"Hi, are you open on Saturday?",
			"Yes, on Saturday we are open until early afternoon. Would you like to come in?",
			"Maybe. I only wanted to know. Thanks.",
		},
		outcome: "Told the opening hours.",
		summary: "Asked for the hours on Saturday. No appointment wanted.",
	},
	{
		weight: 7, intent: "urgent", mood: worried, hands: true, escalates: true,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"Please, I need somebody now. I have {urgent}.",
			"I understand, that cannot wait. I am putting you through to {doctor}. What is your name?",
			"{full}.",
			"Thank you, {name}. Stay on the line. If it gets worse before somebody answers, call the emergency number.",
		},
		outcome: "Handed over to {doctor}.",
		summary: "{full} has {urgent}. Handed over to {doctor} at once.",
	},
	{
		weight: 6, intent: "complaint", mood: annoyed, escalates: true,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"This is the third time that I call about my bill. I was charged twice for {service}.",
			"I am sorry about that. May I take your name, so that the office can look at it today?",
			"{full}. I gave it the last two times as well.",
			"I have noted it as urgent, {name}. The office manager will call you before the end of the day.",
			"I will believe it when I hear it.",
		},
		outcome: "Call back by the office manager promised.",
		summary: "{full} says that {service} was charged twice, and has called about it before. Wants a call back today.",
	},
	{
		weight: 7, intent: "aftercare", mood: matter,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"Hello, {full} here. I was with {doctor} for {service} on Monday and I have a question.",
			"Of course, {name}. What would you like to know?",
			"Is it normal that it is still a little sore?",
			"For two or three days, yes. If it is not better by {day}, please call again and we will find you a time.",
			"That is good to know. Thank you.",
			"You are welcome. Get well soon.",
		},
		outcome: "Answered a question after {service}.",
		summary: "{full} is sore after {service} with {doctor}. Told what is normal and when to call again.",
	},
	{
		weight: 6, intent: "cancellation", mood: matter,
		turns: []string{
			"{clinic}, this is Paige. How can I help you today?",
			"{full} speaking. I need to cancel {service} on {day}.",
			"I have cancelled it, {name}. It is free of charge. Shall I look for another time?",
			"Not now, I will be travelling.",
		},
		outcome: "Cancelled {service}.",
		summary: "{full} cancelled {service} on {day} and did not want another time yet.",
	},
}

// reminders are what goes out.
var reminders = []scenario{
	{
		weight: 3, intent: "reminder", mood: pleased,
		turns: []string{
			"Hello, this is Paige from {clinic}. May I speak to {full}?",
			"Speaking.",
			"You have {service} with {doctor} on {day} at {time}. Will you be able to come?",
			"Yes, I will be there.",
			"Wonderful. See you then.",
		},
		outcome: "Confirmed {day} at {time}.",
		summary: "{full} was reminded of {service} and confirmed.",
	},
	{
		weight: 2, intent: "recall", mood: pleased, books: true,
		turns: []string{
			"Hello, this is Paige from {clinic}. {name}, it is half a year since your last visit. Shall we find a time?",
			"Oh, is it? What do you have?",
			"{day} at {time} with {doctor}, for {service}.",
			"That works.",
			"It is booked. Thank you, {name}.",
			"Thanks for calling.",
		},
		outcome: "Booked {service} on recall.",
		summary: "{full} was called back after half a year and booked {service} for {day} at {time}.",
	},
}

// asides are exchanges that may come before the last words of any call.
var asides = [][2]string{
	{"Is there anywhere to park?", "There is; you will find the directions in the text message."},
	{"Could you speak a little slower, please?", "Of course, I am sorry. I will take it one step at a time."},
	{"Am I talking to a machine?", "I am an AI assistant of {clinic}. I can put you through to a person whenever you like."},
	{"Will it be {doctor} again?", "Yes, I have noted that you would like to see {doctor}."},
}
