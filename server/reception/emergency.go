package reception

import (
	"slices"
	"strings"
	"unicode"
)

// words are what was said, in lower case, without accents' and punctuation's
// ways of hiding a word, with a space around each.
type words string

// wordsOf reads what somebody said. An apostrophe joins what it stands in:
// "can't" is cant.
func wordsOf(text string) words {
	var b strings.Builder
	b.WriteByte(' ')
	spaced := true
	for _, r := range strings.ToLower(text) {
		if plain, ok := unaccented[r]; ok {
			r = plain
		}
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
			spaced = false
		case r == '\'' || r == '’' || unicode.IsMark(r):
		case !spaced:
			b.WriteByte(' ')
			spaced = true
		}
	}
	if !spaced {
		b.WriteByte(' ')
	}
	return words(b.String())
}

// has reports whether the phrase was said, and not right behind a word that
// denies it. "I have no chest pain" counts as said: of the two mistakes,
// overlooking an emergency is the worse.
func (w words) has(phrase string) bool {
	needle := string(wordsOf(phrase))
	if strings.TrimSpace(needle) == "" {
		return false
	}
	rest, before := string(w), ""
	for {
		i := strings.Index(rest, needle)
		if i < 0 {
			return false
		}
		before += rest[:i]
		previous := before[strings.LastIndexByte(strings.TrimSuffix(before, " "), ' ')+1:]
		if !slices.Contains(denials, strings.TrimSpace(previous)) {
			return true
		}
		before, rest = before+rest[i:i+len(needle)-1], rest[i+len(needle)-1:]
	}
}

func (w words) anyOf(phrases []string) bool { return slices.ContainsFunc(phrases, w.has) }

// denials are words after which a phrase is denied.
var denials = []string{"not", "without", "never", "isnt", "arent", "wasnt", "sin", "sans", "ohne", "keine", "kein", "nicht", "senza", "sem", "geen"}

var unaccented = map[rune]rune{
	'á': 'a', 'à': 'a', 'â': 'a', 'ä': 'a', 'ã': 'a', 'å': 'a', 'é': 'e', 'è': 'e', 'ê': 'e', 'ë': 'e', 'í': 'i', 'ì': 'i', 'î': 'i',
	'ï': 'i', 'ó': 'o', 'ò': 'o', 'ô': 'o', 'ö': 'o', 'õ': 'o', 'ú': 'u', 'ù': 'u', 'û': 'u', 'ü': 'u', 'ñ': 'n', 'ç': 'c',
}

// alarm is a phrase's urgency and the code under which it is raised.
type alarm struct{ code, urgency string }

var (
	danger  = alarm{"emergency", "critical"}
	serious = alarm{"urgent_symptom", "high"}
)

// emergencies are phrases that call in a person whatever a clinic's rules say, by
// language. They are few and plain on purpose: clinics add their own. All
// languages are listened for at once: in fear, people speak their own.
var emergencies = []struct {
	alarm
	phrases []string
}{
	{danger, []string{
		// English
		"chest pain", "cant breathe", "cannot breathe", "can not breathe", "trouble breathing", "difficulty breathing", "not breathing",
		"stopped breathing", "heart attack", "having a stroke", "unconscious", "passed out", "overdose", "took too many pills",
		"bleeding heavily", "bleeding a lot", "bleeding badly", "wont stop bleeding", "heavy bleeding", "choking", "suicide", "kill myself",
		"anaphylaxis", "anaphylactic", "throat is closing", "throat is swelling", "seizure", "call an ambulance",
		// Spanish
		"dolor en el pecho", "dolor de pecho", "no puedo respirar", "no puede respirar", "no respira", "ataque al corazon", "infarto",
		"inconsciente", "sangra mucho", "sangrando mucho", "no para de sangrar", "sobredosis", "suicidarme", "llame una ambulancia",
		// French
		"douleur a la poitrine", "mal a la poitrine", "je ne peux pas respirer", "je narrive pas a respirer", "ne respire pas", "ne respire plus",
		"crise cardiaque", "inconscient", "inconsciente", "saigne beaucoup", "overdose", "me suicider", "appelez une ambulance",
		// German
		"brustschmerzen", "schmerzen in der brust", "bekomme keine luft", "kriege keine luft", "atmet nicht", "herzinfarkt", "schlaganfall",
		"bewusstlos", "blutet stark", "blute stark", "hort nicht auf zu bluten", "uberdosis", "umbringen", "krankenwagen",
		// Italian, Portuguese, Dutch
		"dolore al petto", "non riesco a respirare", "non respira", "dor no peito", "nao consigo respirar", "nao respira",
		"pijn op de borst", "kan niet ademen", "ademt niet",
	}},
	{serious, []string{
		"bleeding", "severe pain", "unbearable pain", "allergic reaction", "face is swelling", "knocked out tooth", "emergency",
		"sangrando", "sangrado", "dolor insoportable", "reaccion alergica", "emergencia",
		"saignement", "douleur insupportable", "reaction allergique", "urgence",
		"blutung", "unertragliche schmerzen", "allergische reaktion", "notfall",
		"sanguinamento", "emergenza", "sangramento", "bloeding", "noodgeval",
	}},
}

// alarmOf is the gravest alarm in what was said; ok is false when there is none.
func alarmOf(said words) (a alarm, ok bool) {
	for _, e := range emergencies {
		if said.anyOf(e.phrases) {
			return e.alarm, true
		}
	}
	return alarm{}, false
}
