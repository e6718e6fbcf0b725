/* SPDX-License-Identifier: Apache-2.0 */
/** qr: a text as a QR code (ISO/IEC 18004), for a terminal and as an SVG image. */
#ifndef CLI_QR_H
#define CLI_QR_H

#include "bytes.h"
#include "text.h"

#define QR_OUTPUT_MAX ((size_t)256 * 1024)

/** qr_terminal(t, out): black on white whatever the terminal's colours are, two rows a line; appended. */
MUST_CHECK struct status qr_terminal(struct text t, struct buffer *out);
/** qr_svg(t, out): an image without script or reference; appended. */
MUST_CHECK struct status qr_svg(struct text t, struct buffer *out);

#endif /* !CLI_QR_H */
