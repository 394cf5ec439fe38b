// The part of libdeflate that Cryptography uses: checksums by the processor's carry-less products.
#ifndef PLIMSOLL_CDEFLATE
#define PLIMSOLL_CDEFLATE
#include <libdeflate.h>
#endif
