/* Appends to the file $RECORD what it was given: $VALUE, how many arguments, and those, each with a NUL behind it.
   As small as can be: it is started a million times. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  static char record[1 << 20];
  size_t size = 0;
  const char* value = getenv("VALUE");
  size += snprintf(record, sizeof(record) / 2, "%s", value ? value : "") + 1;
  size += snprintf(record + size, 16, "%d", argc - 1) + 1;
  for (int i = 1; i < argc; i++) {
    size_t length = strlen(argv[i]) + 1;
    memcpy(record + size, argv[i], length);
    size += length;
  }
  int file = open(getenv("RECORD"), O_WRONLY | O_APPEND);
  return write(file, record, size) == (ssize_t)size ? 0 : 1;
}
