// Which instruction sets plain arithmetic is compiled for: 256-bit vectors (wider ones bring nothing where memory
// decides) and the machine's baseline. Included before Highway's headers.
#pragma once
#include <hwy/detect_targets.h>
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
