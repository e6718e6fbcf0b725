/* SPDX-License-Identifier: Apache-2.0 */
#include "commonpassword.h"

#include <string.h>

#include "limits.h"

/* Words that people take when they are asked for a password; one of them alone, whatever is put around it, is none. */
static const char *const words[] = {
	"abcabc",   "access",    "admin",     "administrator", "amanda",     "andrea",    "angel",      "apple",
	"april",    "arsenal",   "august",    "autumn",        "azerty",     "banana",    "baseball",   "basketball",
	"batman",   "bonjour",   "butterfly", "camille",       "changeme",   "charlie",   "cheese",     "chelsea",
	"chocolat", "chocolate", "clinic",    "clinique",      "computer",   "cookie",    "daniel",     "december",
	"default",  "demo",      "doctor",    "doctors",       "docteur",    "dragon",    "dubsmash",   "easter",
	"etoile",   "family",    "february",  "flower",        "football",   "freedom",   "friday",     "friend",
	"george",   "ginger",    "google",    "guest",         "hallo",      "hannah",    "harley",     "health",
	"hello",    "hockey",    "holiday",   "hopital",       "hospital",   "hunter",    "iloveyou",   "internet",
	"january",  "jasmine",   "jennifer",  "jessica",       "jesus",      "jordan",    "joshua",     "july",
	"june",     "justin",    "killer",    "krankenhaus",   "letmein",    "liverpool", "login",      "london",
	"loulou",   "love",      "lovely",    "maggie",        "march",      "marseille", "master",     "matthew",
	"medecin",  "medical",   "medicine",  "merlin",        "michael",    "michelle",  "monday",     "money",
	"monkey",   "mustang",   "naruto",    "nicole",        "nintendo",   "november",  "nurse",      "october",
	"office",   "orange",    "pass",      "passe",         "passphrase", "passwd",    "passwort",   "password",
	"patient",  "patients",  "pepper",    "pharmacy",      "pokemon",    "princess",  "private",    "purple",
	"qazwsx",   "qwerty",    "qwertz",    "robert",        "root",       "samsung",   "saturday",   "secret",
	"secure",   "security",  "september", "server",        "service",    "shadow",    "silver",     "snoopy",
	"soccer",   "soleil",    "sommer",    "sophie",        "spring",     "starwars",  "summer",     "sunday",
	"sunshine", "superman",  "surgery",   "system",        "tacenda",    "taylor",    "temp",       "temporary",
	"test",     "tester",    "testing",   "thomas",        "thursday",   "tiger",     "trustno",    "tuesday",
	"user",     "vault",     "wednesday", "welcome",       "whatever",   "william",   "willkommen", "winter",
	"yankees",
};
static const char *const rows[] = {"abcdefghijklmnopqrstuvwxyz",
				   "01234567890",
				   "qwertyuiop",
				   "asdfghjkl",
				   "zxcvbnm",
				   "qwertzuiop",
				   "yxcvbnm",
				   "azertyuiop",
				   "qsdfghjklm",
				   "wxcvbn",
				   "1qaz2wsx3edc4rfv5tgb",
				   "!@#$%^&*()"};

struct folded {
	char at[LIMIT_PASSWORD];
	size_t len;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/** Figures and signs that stand for letters. */
static char letter_of(char c)
{
	static const char from[] = "0134578@$!|+69", to[] = "oieastbasiitgg";
	const char *found = c != '\0' ? strchr(from, c) : NULL;

	return found != NULL ? to[found - from] : lower(c);
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static struct text strip(struct text t)
{
	while (t.len > 0 && !is_letter(lower(t.at[0])))
		t = (struct text){t.at + 1, t.len - 1};
	while (t.len > 0 && !is_letter(lower(t.at[t.len - 1])))
		t.len--;
	return t;
}

static void fold(struct text t, char (*map)(char c), struct folded *out)
{
	out->len = t.len < sizeof out->at ? t.len : sizeof out->at;
	for (size_t i = 0; i < out->len; i++)
		out->at[i] = map(t.at[i]);
}

/** Nothing but ${word}, once or again and again. */
static bool repeats(struct text t, struct text word)
{
	if (t.len == 0 || t.len % word.len != 0)
		return false;
	for (size_t at = 0; at < t.len; at += word.len)
		if (memcmp(t.at + at, word.at, word.len) != 0)
			return false;
	return true;
}

static bool is_word(struct text t)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (repeats(t, text_of(words[i])))
			return true;
	return false;
}

static bool holds(struct text t, struct text part)
{
	return part.len <= t.len && memmem(t.at, t.len, part.at, part.len) != NULL;
}

/** Whether the pair stands side by side in a row of keys, in either direction. */
static bool neighbours(char a, char b)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *row = rows[i];
		for (size_t k = 0; row[k] != '\0' && row[k + 1] != '\0'; k++)
			if ((row[k] == a && row[k + 1] == b) || (row[k] == b && row[k + 1] == a))
				return true;
	}
	return false;
}

/** More than half of it goes on along a row, or repeats the character before. */
static bool is_row(struct text t)
{
	size_t along = 0;

	for (size_t i = 1; i < t.len; i++)
		along += t.at[i] == t.at[i - 1] || neighbours(t.at[i - 1], t.at[i]);
	return t.len > 1 && along * 2 > t.len - 1;
}

static bool few_characters(struct text t)
{
	bool seen[256] = {false};
	size_t different = 0;

	for (size_t i = 0; i < t.len; i++) {
		different += !seen[(unsigned char)t.at[i]];
		seen[(unsigned char)t.at[i]] = true;
	}
	return different < 4;
}

static void keep_letters(struct folded *f)
{
	size_t len = 0;

	for (size_t i = 0; i < f->len; i++)
		if (is_letter(f->at[i]))
			f->at[len++] = f->at[i];
	f->len = len;
}

static struct text view(const struct folded *f)
{
	return (struct text){f->at, f->len};
}

bool commonpassword_is(struct text password)
{
	struct folded plain, letters;

	fold(password, lower, &plain);
	fold(strip(password), letter_of, &letters);
	if (few_characters(view(&plain)) || is_row(view(&plain)) || is_word(strip(view(&plain))) ||
	    is_word(view(&letters)))
		return true;
	fold(password, letter_of, &letters);
	keep_letters(&plain);
	return is_word(strip(view(&letters))) || is_word(view(&plain));
}

/** One word of a name in the password, plain or with figures for letters, forwards or backwards. */
static bool holds_name(struct text password, struct text name)
{
	struct folded plain, letters, word, back;

	fold(password, lower, &plain);
	fold(password, letter_of, &letters);
	fold(name, lower, &word);
	back = word;
	for (size_t i = 0; i < word.len; i++)
		back.at[i] = word.at[word.len - 1 - i];
	return holds(view(&plain), view(&word)) || holds(view(&letters), view(&word)) ||
	       holds(view(&plain), view(&back)) || holds(view(&letters), view(&back));
}

bool commonpassword_names(struct text password, struct text name)
{
	struct text rest = name, word;
	size_t least = memchr(name.at, ' ', name.len) != NULL ? 4 : 3;

	while (name.len > 0 && text_split(&rest, ' ', &word))
		if (word.len >= least && holds_name(password, word))
			return true;
	return false;
}
