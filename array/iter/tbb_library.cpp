// oneTBB's entry points that parallel.cpp's templates call, each passed on to the library, which is opened when work is first split.
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "array/core/lazy_library.h"

#define ADDER_TBB(mangled, result, name, parameters, arguments)                                              \
  result name parameters {                                                                                   \
    static constexpr adder::LazyFunction<"libtbb.so.12", mangled, result parameters> function;               \
    return function arguments;                                                                               \
  }

namespace tbb::detail::r1 {

ADDER_TBB("_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEm", void*, allocate,
          (d1::small_object_pool*& pool, std::size_t bytes), (pool, bytes))
ADDER_TBB("_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEmRKNS2_14execution_dataE", void*, allocate,
          (d1::small_object_pool*& pool, std::size_t bytes, const d1::execution_data& data), (pool, bytes, data))
ADDER_TBB("_ZN3tbb6detail2r110deallocateERNS0_2d117small_object_poolEPvmRKNS2_14execution_dataE", void, deallocate,
          (d1::small_object_pool& pool, void* p, std::size_t bytes, const d1::execution_data& data), (pool, p, bytes, data))
ADDER_TBB("_ZN3tbb6detail2r110initializeERNS0_2d118task_group_contextE", void, initialize, (d1::task_group_context& context), (context))
ADDER_TBB("_ZN3tbb6detail2r17destroyERNS0_2d118task_group_contextE", void, destroy, (d1::task_group_context& context), (context))
ADDER_TBB("_ZN3tbb6detail2r128is_group_execution_cancelledERNS0_2d118task_group_contextE", bool, is_group_execution_cancelled,
          (d1::task_group_context& context), (context))
ADDER_TBB("_ZN3tbb6detail2r110initializeERNS0_2d115task_arena_baseE", void, initialize, (d1::task_arena_base& arena), (arena))
ADDER_TBB("_ZN3tbb6detail2r19terminateERNS0_2d115task_arena_baseE", void, terminate, (d1::task_arena_base& arena), (arena))
ADDER_TBB("_ZN3tbb6detail2r17executeERNS0_2d115task_arena_baseERNS2_13delegate_baseE", void, execute,
          (d1::task_arena_base& arena, d1::delegate_base& delegate), (arena, delegate))
ADDER_TBB("_ZN3tbb6detail2r115max_concurrencyEPKNS0_2d115task_arena_baseE", int, max_concurrency, (const d1::task_arena_base* arena), (arena))
ADDER_TBB("_ZN3tbb6detail2r114execution_slotEPKNS0_2d114execution_dataE", d1::slot_id, execution_slot, (const d1::execution_data* data), (data))
ADDER_TBB("_ZN3tbb6detail2r114notify_waitersEm", void, notify_waiters, (std::uintptr_t context), (context))
ADDER_TBB("_ZN3tbb6detail2r15spawnERNS0_2d14taskERNS2_18task_group_contextE", void, spawn,
          (d1::task& task, d1::task_group_context& context), (task, context))
ADDER_TBB("_ZN3tbb6detail2r116execute_and_waitERNS0_2d14taskERNS2_18task_group_contextERNS2_12wait_contextES6_", void, execute_and_wait,
          (d1::task& task, d1::task_group_context& context, d1::wait_context& wait, d1::task_group_context& waiting),
          (task, context, wait, waiting))

}  // namespace tbb::detail::r1
