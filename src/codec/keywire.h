/* SPDX-License-Identifier: Apache-2.0 */
/**
 * keywire: the messages between tacendad and tacenda-keyd, as bytes and as
 * values (docs/PROTOCOL.md section 1).  Linked by both sides, so that they
 * cannot disagree.
 *
 * Invariants:
 *  1. A reader accepts exactly what the writer of the same value gives: one
 *     value, one packet; nothing is left over.
 *  2. No text travels with a failure, only the number of a literal (keywire_reasons).
 *  3. Nothing is copied: a value read from a packet points into the packet and
 *     lives as long as it.  Packets hold keys, so they stand in guarded memory.
 */
#ifndef CODEC_KEYWIRE_H
#define CODEC_KEYWIRE_H

#include "id.h"

#define KEYWIRE_VERSION 1
/* One packet: what a socket buffer of the system's default size takes three of. */
#define KEYWIRE_PACKET_MAX 65536
/* Keys in one message: a page of a listing; 1000 answers of 33 bytes fit a packet. */
#define KEYWIRE_KEYS_MAX 1000
/* A root passphrase or key file. */
#define KEYWIRE_SECRET_MAX 4096
#define KEYWIRE_SLOTS_MAX  8
#define KEYWIRE_PROOF_MAX  64
/* A private key (RSA 4096 is 2.4 KB) and the certificates of a chain, DER: the
 * largest of all fit one packet together. */
#define KEYWIRE_PRIVATE_MAX     4096
#define KEYWIRE_CERTIFICATE_MAX 6144
#define KEYWIRE_CHAIN_MAX       8
#define KEYWIRE_ORIGIN_MAX      200
#define KEYWIRE_SITE_NAME_MAX   200
/* A signed checkpoint of ours: origin, size, root, one signature. */
#define KEYWIRE_NOTE_MAX 1024

/** What a stored key is for (docs/FORMATS.md section 5). */
enum key_scope {
	KEY_PATIENT = 1,
	KEY_SITE_ROWS,
	KEY_LOG_YEAR,
	KEY_GENERATION,
	KEY_TLS,
	KEY_CA,
	KEY_LOG_SIGNING,
};
#define KEY_SCOPES 7

/** A key's name: scope || id.  Bytes alone, so that a packet can be read in place. */
struct key_name {
	uint8_t bytes[17];
};
/** key_name_patient(id): the server key of one patient file. */
struct key_name key_name_patient(const struct patient_id *id);
/** key_name_number(scope, n): year, generation, TLS key; right-aligned in the id. 0 for scopes that have one key. */
struct key_name key_name_number(enum key_scope scope, uint64_t n);
static inline enum key_scope key_name_scope(const struct key_name *n)
{
	return (enum key_scope)n->bytes[0];
}
bool key_name_equal(const struct key_name *a, const struct key_name *b);
/** key_name_hash(n, seed): for tables; names come from others, so ${seed} is random and kept. */
uint64_t key_name_hash(const struct key_name *n, uint64_t seed);

/* What a failure may say across the sockets.  Each says what to do. */
#define REASON_NO_STORE      "no key store here: name its directory with --keys, run init, or restore a copy"
#define REASON_HAS_STORE     "a key store is already here: name another directory with --keys"
#define REASON_SEALED        "the key store is sealed: give the root passphrase or key file"
#define REASON_UNSEALED      "the key store is already unsealed"
#define REASON_LOCKED        "another tacenda-keyd uses this key store: stop it first"
#define REASON_SECRET        "this root passphrase or key file opens no root slot: give the right one"
#define REASON_SECRET_SHORT  "a root key file must have at least 32 bytes"
#define REASON_SLOTS_MISSING "root slots are missing: put the file slots back from a copy of the key store"
#define REASON_SLOTS_DAMAGED "root slots are damaged: put the file slots back from a copy of the key store"
#define REASON_LAST_SLOT     "this is the last root slot: add another one first"
#define REASON_NO_SLOT       "there is no root slot of this number"
#define REASON_SLOTS_FULL    "there is no room for another root slot: remove one first"
#define REASON_NIGHT_MISSING "the night file is missing: put the newest one from a night holder into nights/"
#define REASON_NIGHT_DAMAGED "the night file is damaged: put the newest one from a night holder into nights/"
#define REASON_NIGHT_OTHER   "the night file belongs to another root key: put this site's newest one into nights/"
#define REASON_CURRENT       "the file current of the key store is missing or damaged: restore a copy"
#define REASON_ROWS          "the snapshot of the key store is missing or damaged: restore a copy"
#define REASON_JOURNAL       "the journal of the key store is missing or damaged: restore a copy"
#define REASON_ROW           "a stored key does not open: restore a copy of the key store"
#define REASON_SITE          "the file site of the key store is missing or damaged: restore a copy"
#define REASON_HEAD          "the file head of the key store is missing or damaged: restore a copy"
#define REASON_CERTIFICATES  "the file certificates of the key store is missing or damaged: restore a copy"
#define REASON_NEWER         "the key store was written by a newer Tacenda: install that one"
#define REASON_VERSIONS      "tacendad and tacenda-keyd are of different versions: install both together"
#define REASON_ORIGIN        "the origin must be https://HOST or https://HOST:PORT"
#define REASON_NOT_EXTENDED  "the checkpoint does not extend the last one that was signed"
#define REASON_SMALLER       "the checkpoint is smaller than the last one that was signed: the log was rolled back"
#define REASON_OTHER_ROOT    "another root was signed for this size: the log was changed"
#define REASON_HOLDER        "a night holder does not acknowledge: make its directory reachable and writable"
#define REASON_HOLDER_OTHER  "a night holder keeps another night file of this number: give each site its own directory"
#define REASON_REWRAPPING    "a re-wrap is already running"
#define REASON_UNSETTLED     "the key store's directory cannot be written: mend its disk"
#define REASON_IMPORTED      "the certificate was imported: import its successor"
#define REASON_KEYS_FULL     "the key store is full"
#define REASON_WRITE         "the key store cannot be written: mend its disk"
#define REASON_DISK_FULL     "the key store's disk is full: make room"

/** keywire_reason_number(what): its number in the table; 0 for NULL and whatever is not in it. */
uint8_t keywire_reason_number(const char *what);
/** keywire_reason(number): the literal; NULL for 0 and for numbers out of the table. */
const char *keywire_reason(uint8_t number);

enum keywire_id {
	KEYWIRE_HELLO = 1,
	KEYWIRE_CREATE,
	KEYWIRE_UNSEAL,
	KEYWIRE_GET,
	KEYWIRE_MAKE,
	KEYWIRE_SIGN,
	KEYWIRE_IDENTITY,
	KEYWIRE_RENEW,
	KEYWIRE_IMPORT,
	KEYWIRE_REWRAP,
	KEYWIRE_STATUS,
	KEYWIRE_SLOT_ADD,
	KEYWIRE_SLOT_REMOVE,
};
#define KEYWIRE_IDS    14 /* one past the last */
#define KEYWIRE_ANSWER 0x80

enum keywire_state { KEYWIRE_MISSING, KEYWIRE_SEALED, KEYWIRE_OPEN };
enum slot_kind { SLOT_PASSPHRASE = 1, SLOT_KEY_FILE };

/** A passphrase (1 to LIMIT_PASSPHRASE bytes) or the bytes of a key file (32 to KEYWIRE_SECRET_MAX). */
struct keywire_proof {
	enum slot_kind kind;
	struct bytes secret;
};

/** A private key and the certificates that go with it. */
struct keywire_chain {
	struct bytes private_key;
	size_t count;
	struct bytes certificates[KEYWIRE_CHAIN_MAX];
};

struct keywire_question {
	enum keywire_id id;
	union {
		uint16_t version; /* hello */
		struct {
			struct text origin, site_name;
			struct keywire_proof proof;
		} create;
		struct keywire_proof unseal;
		struct { /* get, make */
			const struct key_name *names;
			size_t count;
		} keys;
		struct {
			uint64_t size;
			struct hash root;
			const struct hash *proof;
			size_t count;
		} sign;
		struct keywire_chain import;
		struct {
			struct keywire_proof present, added;
		} slot_add;
		struct {
			struct keywire_proof present;
			uint8_t index;
		} slot_remove;
	};
};

/** keywire_put_question(b, q): append the packet.  ST_INVALID for a value that the format has not. */
MUST_CHECK struct status keywire_put_question(struct buffer *b, const struct keywire_question *q);
/** keywire_read_question(packet, out): ST_INVALID unless ${packet} is one question, to its last byte. */
MUST_CHECK struct status keywire_read_question(struct bytes packet, struct keywire_question *out);

enum tls_source { TLS_OWN_CA = 1, TLS_IMPORTED };
struct keywire_identity {
	enum tls_source source;
	uint64_t made, ends; /* ms since 1970; ${ends} is 0 when imported */
	struct bytes ca;     /* DER; empty when imported */
	struct keywire_chain chain;
};

enum rewrap_state { REWRAP_IDLE, REWRAP_RUNNING, REWRAP_FAILED };
struct keywire_slot {
	enum slot_kind kind;
	uint64_t made;
};
struct keywire_status {
	enum keywire_state state;
	uint64_t night, night_made; /* number; ms since 1970 */
	enum rewrap_state rewrap;
	struct status rewrap_failure; /* of the last one, when it failed */
	bool old_night_remains;
	uint8_t holders, acknowledged;
	uint8_t landlock; /* version of the kernel's interface; 0: none */
	size_t slot_count;
	struct keywire_slot slots[KEYWIRE_SLOTS_MAX];
	uint64_t keys[KEY_SCOPES + 1]; /* by scope */
	uint64_t signed_size;
	struct hash signed_root;
	uint8_t log_key[32];
	struct text origin;
};

struct keywire_answer {
	enum keywire_id id;
	struct status status; /* the fields below only when ST_OK */
	union {
		struct {
			uint16_t version;
			enum keywire_state state;
		} hello;
		struct { /* get: count * (present, key); make: count * key */
			const uint8_t *at;
			size_t count;
		} keys;
		struct bytes note;                /* sign */
		struct keywire_identity identity; /* identity, renew */
		uint64_t night;                   /* rewrap */
		struct keywire_status about;      /* status */
		uint8_t slots;                    /* slot-add, slot-remove */
	};
};
/** Bytes of one element in keys.at. */
#define KEYWIRE_GET_STEP  33
#define KEYWIRE_MAKE_STEP 32

/** keywire_put_failure(b, id, why): append the answer that says no. */
MUST_CHECK struct status keywire_put_failure(struct buffer *b, enum keywire_id id, struct status why);
/**
 * keywire_put_answer(b, a):
 * Append the packet.  For get and make only its head and count are written; the
 * caller appends count * step bytes, keys being opened straight into the packet.
 */
MUST_CHECK struct status keywire_put_answer(struct buffer *b, const struct keywire_answer *a);
/** keywire_read_answer(packet, out): ST_INVALID unless ${packet} is one answer, to its last byte. */
MUST_CHECK struct status keywire_read_answer(struct bytes packet, struct keywire_answer *out);

#endif /* !CODEC_KEYWIRE_H */
