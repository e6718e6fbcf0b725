/* SPDX-License-Identifier: Apache-2.0 */
/**
 * limits: every ceiling of the product, each with what breaks if it were larger.
 * Sizes are bytes unless the name says otherwise; times are milliseconds.
 */
/* This header hides the C library's of the same name, which others need: hand it
 * on.  Outside the guard, for gcc's own limits.h comes through here twice. */
#pragma GCC system_header
#include_next <limits.h>

#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* One record version: offsets fit 32 bits in browsers' typed arrays. */
#define LIMIT_RECORD_BYTES (2ull << 30)
/* Objects up to this live in their row: below it SQLite is cheaper than a file. */
#define LIMIT_INLINE_OBJECT 4096
/* A sealed record header (title, MIME type, times): listed by the hundred. */
#define LIMIT_SEALED_HEADER 4096
/* One statement: an epoch with LIMIT_EPOCH_RECIPIENTS rows of 81 bytes must fit. */
#define LIMIT_STATEMENT_BYTES  (96 * 1024)
#define LIMIT_EPOCH_RECIPIENTS 1000
/* The sealed part of a row: a statement fits; opened in one piece for every read. */
#define LIMIT_ROW_BYTES (128 * 1024)
/* One JSON body: parsed as a tree in memory, 16 loops' worth at a time. */
#define LIMIT_JSON_BYTES (1024 * 1024)
#define LIMIT_JSON_DEPTH 16
/* Import reads files of other people's making; depth is FHIR's worst case. */
#define LIMIT_IMPORT_FILE  (256u << 20)
#define LIMIT_IMPORT_DEPTH 64
/* HTTP request line and headers together: held per connection. */
#define LIMIT_HTTP_HEAD    (16 * 1024)
#define LIMIT_HTTP_HEADERS 64
#define LIMIT_HTTP_TARGET  4096
/* Streams per HTTP/2 connection and connections per address: memory. */
#define LIMIT_HTTP2_STREAMS           100
#define LIMIT_CONNECTIONS             4096
#define LIMIT_CONNECTIONS_PER_ADDRESS 512
#define LIMIT_HEAD_MS                 10000
#define LIMIT_IDLE_MS                 60000
#define LIMIT_BODY_STALL_MS           30000
/* What a client may append in one request body to an upload. */
#define LIMIT_UPLOAD_PIECE  (64ull << 20)
#define LIMIT_UPLOAD_AGE_MS (7ull * 24 * 3600 * 1000)
/* An Idempotency-Key: programs send a UUID; it is hashed on every creating request. */
#define LIMIT_IDEMPOTENCY_KEY 128
/* One listing page. */
#define LIMIT_PAGE 1000
/* Names typed by people. */
#define LIMIT_LOGIN      64
#define LIMIT_NAME       200
#define LIMIT_SITE_NAME  200
#define LIMIT_PASSWORD   1024
#define LIMIT_PASSPHRASE 1024
/* What an authenticator sends: an attestation with its certificates fits; walked in one piece on a loop. */
#define LIMIT_PASSKEY_BYTES (16 * 1024)
#define LIMIT_CLIENT_DATA   4096
/* WebAuthn Level 3, section 7.1: longer ids are refused. */
#define LIMIT_CREDENTIAL_ID 1023
/* Argon2id memory the client accepts in a security file: a hostile file must not exhaust it. */
#define LIMIT_ARGON2_MEMORY_MIN (64u << 20)
#define LIMIT_ARGON2_MEMORY_MAX (1u << 30)
#define LIMIT_ARGON2_PASSES_MAX 16
/* One language's code of conduct: pages to read before work; all languages stand in one row. */
#define LIMIT_CONDUCT_TEXT (16 * 1024)
/* Concurrent password hashes on the server, 19 MiB each: peak memory. */
#define LIMIT_HASH_POOL  4
#define LIMIT_HASH_QUEUE 64
/* Writes that wait for the disk at once: a disk makes one of several. */
#define LIMIT_WRITE_POOL 4
/* Writes waiting for one of these: each holds its connection and a window of its content. */
#define LIMIT_WRITE_QUEUE 4096

#endif /* !BASE_LIMITS_H */
