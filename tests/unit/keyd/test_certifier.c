/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "scene.h"

#define DAY 86400ll

/* A CA and a server of one origin, checked by OpenSSL as a client would. */
struct pair {
	struct secret ca_key, key;
	struct buffer ca_der, der;
	X509 *ca, *server;
};

static void pair_clear(struct pair *p)
{
	secret_clear(&p->ca_key);
	secret_clear(&p->key);
	buffer_clear(&p->ca_der);
	buffer_clear(&p->der);
	X509_free(p->ca);
	X509_free(p->server);
}

static X509 *parse(const struct buffer *der)
{
	const uint8_t *at = der->bytes;
	X509 *x = d2i_X509(NULL, &at, (long)der->len);

	assert_non_null(x);
	assert_ptr_equal(at, der->bytes + der->len);
	return x;
}

/* The server's certificate may be for another origin than the CA's. */
static void issue(const char *ca_origin, const char *origin, struct text site, struct pair *p)
{
	struct origin of_ca, of_server;

	*p = (struct pair){.ca_der = {.max = 8192}, .der = {.max = 8192}};
	assert_ok(origin_parse(text_of(ca_origin), &of_ca));
	assert_ok(origin_parse(text_of(origin), &of_server));
	assert_ok(certifier_new_key(&p->ca_key));
	assert_ok(certifier_new_key(&p->key));
	assert_ok(certifier_ca(&p->ca_key, site, &of_ca, SCENE_NOW, &p->ca_der));
	const struct certifier ca = {&p->ca_key, buffer_bytes(&p->ca_der)};
	assert_ok(certifier_server(&ca, &p->key, &of_server, SCENE_NOW, &p->der));
	p->ca = parse(&p->ca_der);
	p->server = parse(&p->der);
}

/* X509_V_OK, or what is wrong, for ${host} at ${days} from the scene's now. */
static int verdict(const struct pair *p, const char *host, bool address, int days)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	assert_int_equal(X509_STORE_add_cert(store, p->ca), 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, p->server, NULL), 1);
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(param, (time_t)(SCENE_NOW / 1000) + days * DAY);
	assert_int_equal(X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER), 1);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	if (address)
		assert_int_equal(X509_VERIFY_PARAM_set1_ip_asc(param, host), 1);
	else
		assert_int_equal(X509_VERIFY_PARAM_set1_host(param, host, 0), 1);
	(void)X509_verify_cert(context);
	int error = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return error;
}

static void a_strict_client_accepts_the_pair(void **state)
{
	static const struct {
		const char *origin, *host;
		bool address;
	} cases[] = {
		{"https://vault.clinic.example:8443", "vault.clinic.example", false},
		{"https://localhost:8443", "localhost", false},
		{"https://localhost:8443", "127.0.0.1", true},
		{"https://localhost:8443", "::1", true},
		{"https://127.0.0.1:8443", "127.0.0.1", true},
		{"https://127.0.0.1:8443", "localhost", false},
		{"https://192.0.2.7", "192.0.2.7", true},
		{"https://[2001:db8::7]:443", "2001:db8::7", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(pair) p;

		issue(cases[i].origin, cases[i].origin, TEXT("Clinic of Example"), &p);
		int error = verdict(&p, cases[i].host, cases[i].address, 1);
		if (error != X509_V_OK)
			fail_msg("%s for %s: %s", cases[i].origin, cases[i].host, X509_verify_cert_error_string(error));
		assert_int_not_equal(verdict(&p, "other.example", false, 1), X509_V_OK);
	}
}

/* Whoever trusts the CA trusts it for this host alone. */
static void the_ca_can_vouch_for_no_other_host(void **state)
{
	static const struct {
		const char *ca, *server, *host;
		bool address;
	} cases[] = {
		{"https://vault.clinic.example", "https://bank.example", "bank.example", false},
		{"https://vault.clinic.example", "https://192.0.2.7", "192.0.2.7", true},
		{"https://vault.clinic.example", "https://[2001:db8::7]", "2001:db8::7", true},
		{"https://192.0.2.7", "https://192.0.2.8", "192.0.2.8", true},
		{"https://192.0.2.7", "https://bank.example", "bank.example", false},
		{"https://192.0.2.7", "https://[2001:db8::7]", "2001:db8::7", true},
		{"https://[2001:db8::7]", "https://[2001:db8::8]", "2001:db8::8", true},
		{"https://[2001:db8::7]", "https://192.0.2.8", "192.0.2.8", true},
		{"https://localhost", "https://bank.example", "bank.example", false},
		{"https://localhost", "https://192.0.2.7", "192.0.2.7", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(pair) p;

		issue(cases[i].ca, cases[i].server, TEXT("Clinic of Example"), &p);
		int error = verdict(&p, cases[i].host, cases[i].address, 1);
		if (error != X509_V_ERR_PERMITTED_VIOLATION && error != X509_V_ERR_EXCLUDED_VIOLATION)
			fail_msg("%s for %s: %s", cases[i].ca, cases[i].server, X509_verify_cert_error_string(error));
	}
}

static void a_server_ends_within_398_days(void **state)
{
	AUTO(pair) p;
	int days, seconds;

	(void)state;
	issue("https://localhost", "https://localhost", TEXT("Site"), &p);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(p.server), X509_get0_notAfter(p.server)),
			 1);
	assert_true(days < 398);
	assert_int_equal(verdict(&p, "localhost", false, 396), X509_V_OK);
	assert_int_equal(verdict(&p, "localhost", false, 398), X509_V_ERR_CERT_HAS_EXPIRED);
	assert_int_equal(verdict(&p, "localhost", false, -1), X509_V_ERR_CERT_NOT_YET_VALID);
}

static void keys_are_p256_and_fit(void **state)
{
	AUTO(pair) p;
	const uint8_t *at;
	char group[32];

	(void)state;
	issue("https://localhost", "https://localhost", TEXT("Site"), &p);
	at = p.key.bytes;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)p.key.len);
	assert_non_null(key);
	assert_int_equal(X509_check_private_key(p.server, key), 1);
	assert_int_equal(X509_check_private_key(p.ca, key), 0);
	assert_int_equal(EVP_PKEY_get_group_name(key, group, sizeof group, NULL), 1);
	assert_string_equal(group, "prime256v1");
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_check(context), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
}

static void serials_are_positive_and_differ(void **state)
{
	AUTO(pair) a;
	AUTO(pair) b;

	(void)state;
	issue("https://localhost", "https://localhost", TEXT("Site"), &a);
	issue("https://localhost", "https://localhost", TEXT("Site"), &b);
	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(a.server), X509_get0_serialNumber(b.server)), 0);
	assert_int_equal(X509_get0_serialNumber(a.server)->type, V_ASN1_INTEGER);
	assert_int_equal(X509_get0_serialNumber(a.server)->length, 16);
	assert_int_not_equal(X509_NAME_cmp(X509_get_subject_name(a.ca), X509_get_subject_name(b.ca)), 0);
}

static void a_long_site_name_is_cut_at_a_character(void **state)
{
	AUTO(pair) p;
	char name[128], got[256];

	(void)state;
	for (size_t i = 0; i < 126; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	memmove(name + 1, name, 120);
	name[0] = 'C';
	issue("https://localhost", "https://localhost", (struct text){name, 121}, &p);
	int len = X509_NAME_get_text_by_NID(X509_get_subject_name(p.ca), NID_organizationName, got, sizeof got);
	assert_int_equal(len, 63);
	assert_memory_equal(got, name, 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_strict_client_accepts_the_pair), TEST(the_ca_can_vouch_for_no_other_host),
		TEST(a_server_ends_within_398_days),    TEST(keys_are_p256_and_fit),
		TEST(serials_are_positive_and_differ),  TEST(a_long_site_name_is_cut_at_a_character),
	};

	return scene_setup() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
