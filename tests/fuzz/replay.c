/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds every file of the folders named as arguments to a fuzz target, without a
 * fuzzing engine, so that what a fuzzer once found is tried in every test run. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int replay_file(const char *folder, const char *name)
{
	static uint8_t data[1 << 20];
	char path[4096];

	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return 1;
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return 1;
	size_t len = fread(data, 1, sizeof data, f);
	fclose(f);
	/* A copy of its own size lets the sanitizer see a read past the end. */
	uint8_t *exact = malloc(len + 1);
	if (exact == NULL)
		return 1;
	for (size_t i = 0; i < len; i++)
		exact[i] = data[i];
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		if (dir == NULL)
			return 1;
		for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
			if (e->d_name[0] == '.')
				continue;
			if (replay_file(argv[i], e->d_name) != 0)
				return 1;
			count++;
		}
		closedir(dir);
	}
	printf("%d inputs replayed\n", count);
	return count == 0;
}
