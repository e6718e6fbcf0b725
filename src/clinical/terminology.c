/* SPDX-License-Identifier: Apache-2.0 */
#include "terminology.h"

/* Longer runs of letters are words; no form below needs them, and no name gets in so. */
#define LETTERS_MAX 3
#define CODE_MAX    32

/* A form: 9 a digit, A a capital, X either, {m,n} how many; anything else is itself.  Forms are
 * separated by spaces.  After '=' comes a list of the codes themselves. */
static const struct system {
	const char *uri, *forms;
} systems[] = {
#define LOINC     "9{1,7}-9 LA9{1,7}-9 LP9{1,7}-9"
#define SNOMED    "9{6,18}"
#define RXNORM    "9{1,8}"
#define ICD10     "A9X A9X.X{1,4} A9XX{1,4}"
#define ICD9      "9{3,3} 9{3,3}.9{1,2} V99 V99.9{1,2} E999 E999.9"
#define CVX       "9{1,3}"
#define ACT_CODES "=AMB EMER FLD HH IMP ACUTE NONAC OBSENC PRENC SS VR ALC PACC"
#define INTERPRETATIONS \
	"=< > A AA AC B CAR Carrier D DET E EX EXP H H> HH HM HU HX I IE IND L L< LL LU LX MS N NCL ND NEG NR NS OBX " \
	"ORN POS QCF R RR S SDD SYN-R SYN-S TOX U UNE VS W WR null off"
	{"http://loinc.org", LOINC},
	{"urn:oid:2.16.840.1.113883.6.1", LOINC},
	{"http://snomed.info/sct", SNOMED},
	{"urn:oid:2.16.840.1.113883.6.96", SNOMED},
	{"http://www.nlm.nih.gov/research/umls/rxnorm", RXNORM},
	{"urn:oid:2.16.840.1.113883.6.88", RXNORM},
	{"http://hl7.org/fhir/sid/icd-10", ICD10},
	{"http://hl7.org/fhir/sid/icd-10-cm", ICD10},
	{"http://fhir.de/CodeSystem/bfarm/icd-10-gm", ICD10},
	{"urn:oid:2.16.840.1.113883.6.3", ICD10},
	{"urn:oid:2.16.840.1.113883.6.90", ICD10},
	{"http://hl7.org/fhir/sid/icd-9-cm", ICD9},
	{"urn:oid:2.16.840.1.113883.6.103", ICD9},
	{"http://hl7.org/fhir/sid/cvx", CVX},
	{"urn:oid:2.16.840.1.113883.12.292", CVX},
	{"http://hl7.org/fhir/sid/ndc", "9{4,5}-9{3,4}-9{1,2} 9{10,11}"},
	{"http://www.whocc.no/atc", "A A99 A99A A99AA A99AA99"},
	{"http://www.ama-assn.org/go/cpt", "9{4,4}X"},
	{"urn:oid:2.16.840.1.113883.6.285", "A9{4,4}"},
	{"http://dicom.nema.org/resources/ontology/DCM", "9{5,6}"},
	{"http://terminology.hl7.org/CodeSystem/v3-ActCode", ACT_CODES},
	{"http://hl7.org/fhir/v3/ActCode", ACT_CODES},
	{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", INTERPRETATIONS},
	{"http://hl7.org/fhir/v3/ObservationInterpretation", INTERPRETATIONS},
	{"http://terminology.hl7.org/CodeSystem/v2-0078", INTERPRETATIONS},
	{"http://hl7.org/fhir/v2/0078", INTERPRETATIONS},
	{"http://terminology.hl7.org/CodeSystem/v2-0136", "=Y N"},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}
static bool is_letter(char c)
{
	return is_capital(c) || (c >= 'a' && c <= 'z');
}

static bool fits(char c, char class)
{
	switch (class) {
	case '9':
		return is_digit(c);
	case 'A':
		return is_capital(c);
	case 'X':
		return is_digit(c) || is_capital(c);
	default:
		return c == class;
	}
}

/** How many characters the class at the start of ${form} takes; cuts it off. */
static char next_class(struct text *form, size_t *least, size_t *most)
{
	char class = form->at[0];

	*least = *most = 1;
	*form = (struct text){form->at + 1, form->len - 1};
	if (form->len > 0 && form->at[0] == '{') {
		struct text bounds = {form->at + 1, form->len - 1}, part = {0};
		uint32_t low = 0, high = 0;
		(void)text_split(&bounds, '}', &part);
		struct text first = {0};
		(void)text_split(&part, ',', &first);
		(void)ok(text_to_u32(first, 0, CODE_MAX, &low));
		(void)ok(text_to_u32(part, 0, CODE_MAX, &high));
		*least = low;
		*most = high;
		*form = bounds.at == NULL ? (struct text){0} : bounds;
	}
	return class;
}

/* Each class takes all it can: no form needs more than that. */
static bool has_form(struct text code, struct text form)
{
	while (form.len > 0) {
		size_t least, most, taken = 0;
		char class = next_class(&form, &least, &most);
		while (taken < most && taken < code.len && fits(code.at[taken], class))
			taken++;
		if (taken < least)
			return false;
		code = (struct text){code.at + taken, code.len - taken};
	}
	return code.len == 0;
}

static bool has_word(struct text code)
{
	size_t run = 0;

	for (size_t i = 0; i < code.len; i++) {
		run = is_letter(code.at[i]) ? run + 1 : 0;
		if (run > LETTERS_MAX)
			return true;
	}
	return false;
}

static bool in_forms(struct text code, struct text forms)
{
	bool listed = forms.at[0] == '=';
	struct text one;

	if (listed)
		forms = (struct text){forms.at + 1, forms.len - 1};
	else if (has_word(code))
		return false;
	while (text_split(&forms, ' ', &one))
		if (listed ? text_equal(code, one) : has_form(code, one))
			return true;
	return false;
}

bool terminology_takes(struct text system, struct text code)
{
	if (code.len == 0 || code.len > CODE_MAX)
		return false;
	for (size_t i = 0; i < COUNT(systems); i++)
		if (text_equal(system, text_of(systems[i].uri)))
			return in_forms(code, text_of(systems[i].forms));
	return false;
}

/* --- UCUM --- */

#define UNIT_MAX 64

/* Atoms that take a prefix, and atoms that do not (ucum.org, the clinical part of it). */
static const char metric[] = " m g s L l mol eq Eq Pa Hz J W V A K N Cel osm cal kat U IU [IU] [iU] bit By Bq Gy Sv "
			     "bar m[Hg] m[H2O] [arb'U] ";
static const char plain[] = " % min h d wk mo a [degF] [lb_av] [oz_av] [in_i] [ft_i] [drp] [pH] [CFU] [ppm] [ppth] "
			    "[ppb] 10* 10^ [cup_us] [tsp_us] [tbs_us] [foz_us] [anti'Xa'U] [hpf] [lpf] [MET] deg dB ";
static const char *const prefixes[] = {"", "da", "k", "h", "d", "c", "m", "u", "n", "p", "f", "M", "G"};

static bool listed_in(const char *list, struct text word)
{
	struct text rest = text_of(list), one;

	while (text_split(&rest, ' ', &one))
		if (one.len > 0 && text_equal(one, word))
			return true;
	return false;
}

static bool is_atom(struct text t)
{
	if (listed_in(plain, t))
		return true;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct text prefix = text_of(prefixes[i]);
		if (text_starts(t, prefix) && listed_in(metric, (struct text){t.at + prefix.len, t.len - prefix.len}))
			return true;
	}
	return false;
}

/** An atom with an exponent, or a number such as the 1 of 1/min. */
static bool is_factor(struct text t)
{
	size_t digits = 0;

	while (digits < t.len && is_digit(t.at[t.len - 1 - digits]))
		digits++;
	if (digits > 4)
		return false;
	if (t.len == digits)
		return digits > 0;
	struct text rest = {t.at, t.len - digits};
	if (digits > 0 && rest.len > 1 && (rest.at[rest.len - 1] == '-' || rest.at[rest.len - 1] == '+'))
		rest.len--;
	return is_atom(rest) || is_atom(t);
}

/** ${code} without braces and what is in them; false when they do not match. */
static bool strip(struct text code, struct buffer *out)
{
	bool inside = false;

	for (size_t i = 0; i < code.len; i++) {
		char c = code.at[i];
		if (c == '{' || c == '}') {
			if (inside == (c == '{'))
				return false;
			inside = c == '{';
		} else if (!inside && !ok(buffer_put_u8(out, (uint8_t)c))) {
			return false;
		}
	}
	return !inside;
}

struct status terminology_unit(struct text code, struct buffer *out)
{
	AUTO(buffer) bare = {.max = UNIT_MAX};
	struct text rest, product, factor;

	if (code.len == 0 || code.len > UNIT_MAX || !strip(code, &bare))
		return FAIL_AT(ST_INVALID, "unit");
	if (bare.len == 0)
		return buffer_put_u8(out, '1');
	rest = text_from(buffer_bytes(&bare));
	for (bool first = true; text_split(&rest, '/', &product); first = false)
		while (text_split(&product, '.', &factor)) {
			/* "/min" begins with nothing; so does what stood in braces. */
			if (factor.len == 0 && (first || rest.at == NULL))
				continue;
			if (!is_factor(factor))
				return FAIL_AT(ST_INVALID, "unit");
		}
	return buffer_put(out, buffer_bytes(&bare));
}
