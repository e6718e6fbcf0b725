/* SPDX-License-Identifier: Apache-2.0 */
#include "qr.h"

#include <limits.h>

#include <qrencode.h>

#include "secret.h"

/* ISO/IEC 18004 section 6.3.8: a quiet zone of four modules. */
#define QUIET 4

/** One that was made; its owner frees it. */
struct picture {
	QRcode *code;
	int width;
};
static void picture_clear(struct picture *p)
{
	if (p->code == NULL)
		return;
	/* It holds a secret. */
	secret_wipe(p->code->data, (size_t)p->width * (size_t)p->width);
	QRcode_free(p->code);
}

static struct status make(struct text t, struct picture *out)
{
	if (t.len > INT_MAX)
		return FAIL_AT(ST_TOO_BIG, "qr");
	out->code = QRcode_encodeData((int)t.len, (const unsigned char *)t.at, 0, QR_ECLEVEL_M);
	if (out->code == NULL)
		return FAIL_AT(ST_TOO_BIG, "qr");
	out->width = out->code->width;
	return OK;
}

static bool dark(const struct picture *p, int x, int y)
{
	if (x < 0 || y < 0 || x >= p->width || y >= p->width)
		return false;
	return (p->code->data[y * p->width + x] & 1) != 0;
}

struct status qr_terminal(struct text t, struct buffer *out)
{
	AUTO(picture) p = {0};

	TRY(make(t, &p));
	for (int y = -QUIET; y < p.width + QUIET; y += 2) {
		/* Black letters on a bright white ground: half blocks are two modules each. */
		TRY(buffer_print(out, "\033[30;107m"));
		for (int x = -QUIET; x < p.width + QUIET; x++) {
			const bool above = dark(&p, x, y), below = dark(&p, x, y + 1);
			TRY(buffer_print(out, "%s",
					 above && below ? "\u2588"
					 : above        ? "\u2580"
					 : below        ? "\u2584"
							: " "));
		}
		TRY(buffer_print(out, "\033[0m\n"));
	}
	return OK;
}

struct status qr_svg(struct text t, struct buffer *out)
{
	AUTO(picture) p = {0};

	TRY(make(t, &p));
	const int size = p.width + 2 * QUIET;
	TRY(buffer_print(
		out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"shape-rendering=\"crispEdges\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<path d=\"",
		size, size, 8 * size, 8 * size, size, size));
	for (int y = 0; y < p.width; y++)
		for (int x = 0; x < p.width; x++)
			if (dark(&p, x, y))
				TRY(buffer_print(out, "M%d %dh1v1h-1z", x + QUIET, y + QUIET));
	return buffer_print(out, "\"/>\n</svg>\n");
}
