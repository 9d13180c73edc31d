package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The dispatcher and the boxes that it takes: lists, texts and cells of optionals, which it frees itself. */
@SuppressWarnings("restricted")
final class Boxes {
    private static final MethodHandle CALL_DISPATCHER = Native.status("aoti_torch_call_dispatcher", 3);
    private static final MethodHandle NEW_LIST = Native.status("torch_new_list_reserve_size", 2);
    private static final MethodHandle PUSH = Native.status("torch_list_push_back", 2);
    private static final MethodHandle LIST_ITEM = Native.status("torch_list_get_item", 3);
    private static final MethodHandle DELETE_LIST = Native.status("torch_delete_list", 1);
    private static final MethodHandle NEW_TEXT = Native.status("torch_new_string_handle", 3);

    /**
     * Newer libraries export how an optional's heap cell is made. PyTorch 2.10 does not; there the callee deletes it
     * as C++ does, so it has to come from C++'s own {@code operator new}.
     */
    private static final @Nullable MethodHandle NEW_CELL =
            Native.findOptional("torch_new_stable_ivalue", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

    private static final @Nullable MethodHandle OPERATOR_NEW = NEW_CELL != null
            ? null
            : Native.function(
                    LibraryLoader.load().operatorNew(), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG), Native.SHORT);

    private Boxes() {}

    /** Makes the static parts ready. */
    static void touch() {}

    /** Calls an operator on the stack at {@code stack}; consumes every handle there and leaves the results. */
    static void callDispatcher(String what, long name, long overload, long stack) {
        try {
            Native.check((int) CALL_DISPATCHER.invokeExact(name, overload, stack), what);
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    static long newList(int size) {
        Scratch scratch = Scratch.get();
        try {
            Native.check((int) NEW_LIST.invokeExact((long) size, scratch.out()), "a list");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    static void push(long list, long value) {
        try {
            Native.check((int) PUSH.invokeExact(list, value), "a list");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    static long listItem(long list, long index) {
        Scratch scratch = Scratch.get();
        try {
            Native.check((int) LIST_ITEM.invokeExact(list, index, scratch.out()), "a list");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    /** Frees the list, not the tensors in it. */
    static void deleteList(long list) {
        try {
            Native.check((int) DELETE_LIST.invokeExact(list), "a list");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    /** A text that the callee deletes, of {@code length} bytes at {@code utf8}. */
    static long newText(long utf8, long length) {
        Scratch scratch = Scratch.get();
        try {
            Native.check((int) NEW_TEXT.invokeExact(utf8, length, scratch.out()), "a text");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    /** A heap cell that holds {@code value}: how a present optional is passed. The callee deletes it. */
    static long newCell(long value) {
        long cell;
        try {
            if (NEW_CELL != null) {
                Scratch scratch = Scratch.get();
                Native.check((int) NEW_CELL.invokeExact(scratch.out()), "an optional");
                cell = scratch.result();
            } else {
                cell = (long) Objects.requireNonNull(OPERATOR_NEW).invokeExact(JAVA_LONG.byteSize());
            }
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        MemorySegment.ofAddress(cell).reinterpret(JAVA_LONG.byteSize()).set(JAVA_LONG, 0, value);
        return cell;
    }
}
