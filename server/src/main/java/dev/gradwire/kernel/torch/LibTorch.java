package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the library that {@link LibraryLoader} opened, one static method each. Tensors are handles: a
 * {@code long} that somebody owns and deletes once. Pointers are plain addresses too, which keeps the call path free
 * of allocation.
 */
@SuppressWarnings("restricted")
final class LibTorch {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = LibraryLoader.load().symbols();

    /** For functions that return within a microsecond and never call back. */
    private static final Linker.Option SHORT = Linker.Option.critical(false);

    private static final MethodHandle CALL_DISPATCHER = status("aoti_torch_call_dispatcher", 3);
    private static final MethodHandle DELETE = status("aoti_torch_delete_tensor_object", 1);
    private static final MethodHandle NEW_HANDLE = status("aoti_torch_new_tensor_handle", 2, SHORT);
    private static final MethodHandle DATA_PTR = status("aoti_torch_get_data_ptr", 2, SHORT);
    private static final MethodHandle DIM = status("aoti_torch_get_dim", 2, SHORT);
    private static final MethodHandle SIZES = status("aoti_torch_get_sizes", 2, SHORT);
    private static final MethodHandle STRIDES = status("aoti_torch_get_strides", 2, SHORT);
    private static final MethodHandle DTYPE = status("aoti_torch_get_dtype", 2, SHORT);
    private static final MethodHandle IS_DEFINED = status("aoti_torch_is_defined", 2, SHORT);
    private static final MethodHandle REINTERPRET = status("aoti_torch__reinterpret_tensor", 6);
    private static final MethodHandle NEW_LIST = status("torch_new_list_reserve_size", 2);
    private static final MethodHandle PUSH = status("torch_list_push_back", 2);
    private static final MethodHandle LIST_ITEM = status("torch_list_get_item", 3);
    private static final MethodHandle DELETE_LIST = status("torch_delete_list", 1);
    private static final MethodHandle NEW_TEXT = status("torch_new_string_handle", 3);
    private static final MethodHandle THREADS = status("torch_get_num_threads", 1);

    private static final MethodHandle EMPTY_STRIDED = find(
            "aoti_torch_empty_strided",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FROM_BLOB = find(
            "aoti_torch_create_tensor_from_blob",
            FunctionDescriptor.of(
                    JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                    JAVA_LONG));
    private static final MethodHandle ABI_VERSION = find("aoti_torch_abi_version", FunctionDescriptor.of(JAVA_LONG));
    private static final MethodHandle COPY =
            find("aoti_torch_copy_", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle PAD = find(
            "aoti_torch_aten_pad",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    /** Exported without a C name; takes a positive number and never fails then. */
    private static final MethodHandle SET_THREADS =
            find("_ZN2at15set_num_threadsEi", FunctionDescriptor.ofVoid(JAVA_INT));

    /** OpenBLAS has threads of its own, which the line above does not reach. */
    private static final @Nullable MethodHandle SET_BLAS_THREADS =
            findOptional("openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));

    private static final @Nullable MethodHandle WHAT =
            findOptional("torch_exception_get_what_without_backtrace", FunctionDescriptor.of(ADDRESS));

    /**
     * Newer libraries export how an optional's heap cell is made. PyTorch 2.10 does not; there the callee deletes it
     * as C++ does, so it has to come from C++'s own {@code operator new}.
     */
    private static final @Nullable MethodHandle NEW_CELL =
            findOptional("torch_new_stable_ivalue", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

    private static final @Nullable MethodHandle OPERATOR_NEW = NEW_CELL != null
            ? null
            : LINKER.downcallHandle(
                    LibraryLoader.load().operatorNew(), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG), SHORT);

    private static final Map<DType, Integer> DTYPE_CODES = new EnumMap<>(DType.class);

    static final int CPU = constant("aoti_torch_device_type_cpu");
    static final int CUDA = constant("aoti_torch_device_type_cuda");

    static {
        for (DType dtype : DType.values()) {
            DTYPE_CODES.put(dtype, constant("aoti_torch_dtype_" + dtype.label()));
        }
        silenceNativeLog();
    }

    private LibTorch() {}

    /** The library's number for a dtype. */
    static int code(DType dtype) {
        return Objects.requireNonNull(DTYPE_CODES.get(dtype));
    }

    /** {@code 2.10.0}; the library's number holds a part in each of its upper bytes. */
    static String version() {
        try {
            long packed = (long) ABI_VERSION.invokeExact();
            return (packed >>> 56) + "." + (packed >>> 48 & 0xff) + "." + (packed >>> 40 & 0xff);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Makes the static parts ready, so that what fails fails here. */
    static void touch() {
        code(DType.BOOL);
    }

    /** A shim such as {@code aoti_torch_cpu_add_Tensor}; empty when this library has none of that name. */
    static Optional<MethodHandle> shim(String symbol, FunctionDescriptor descriptor) {
        return Optional.ofNullable(findOptional(symbol, descriptor));
    }

    /** 2.10 tells the text of an error to its log alone, with a backtrace; a client's bad index is no log line. */
    private static void silenceNativeLog() {
        SYMBOLS.find("FLAGS_caffe2_log_level")
                .ifPresent(flag -> flag.reinterpret(JAVA_INT.byteSize()).set(JAVA_INT, 0, 4));
    }

    private static int constant(String symbol) {
        try {
            return (int) find(symbol, FunctionDescriptor.of(JAVA_INT)).invokeExact();
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** A function of that many pointers or 64-bit numbers that returns a status. */
    private static MethodHandle status(String symbol, int parameters, Linker.Option... options) {
        MemoryLayout[] layouts = new MemoryLayout[parameters];
        Arrays.fill(layouts, JAVA_LONG);
        return find(symbol, FunctionDescriptor.of(JAVA_INT, layouts), options);
    }

    private static MethodHandle find(String symbol, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(
                SYMBOLS.find(symbol).orElseThrow(() -> LibraryLoader.lacks(symbol)), descriptor, options);
    }

    private static @Nullable MethodHandle findOptional(String symbol, FunctionDescriptor descriptor) {
        return SYMBOLS.find(symbol)
                .map(address -> LINKER.downcallHandle(address, descriptor))
                .orElse(null);
    }

    /** Calls an operator on the stack at {@code stack}; consumes every handle there and leaves the results. */
    static void callDispatcher(String what, long name, long overload, long stack) {
        try {
            check((int) CALL_DISPATCHER.invokeExact(name, overload, stack), what);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void delete(long handle) {
        try {
            check((int) DELETE.invokeExact(handle), "delete");
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** A second handle of the same tensor. */
    static long newHandle(long handle) {
        Scratch scratch = Scratch.get();
        try {
            check((int) NEW_HANDLE.invokeExact(handle, scratch.out()), "new_tensor_handle");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    static long dataPointer(long handle) {
        return get(DATA_PTR, handle);
    }

    static int rank(long handle) {
        return (int) get(DIM, handle);
    }

    /** Address of as many 64-bit sizes as the rank says, valid while the tensor lives. */
    static long sizes(long handle) {
        return get(SIZES, handle);
    }

    /** Address of as many 64-bit strides, in elements, as the rank says, valid while the tensor lives. */
    static long strides(long handle) {
        return get(STRIDES, handle);
    }

    static int dtype(long handle) {
        return (int) get(DTYPE, handle);
    }

    static boolean isDefined(long handle) {
        return (get(IS_DEFINED, handle) & 0xff) != 0;
    }

    private static long get(MethodHandle getter, long handle) {
        Scratch scratch = Scratch.get();
        scratch.clearResult();
        try {
            check((int) getter.invokeExact(handle, scratch.out()), "a property");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    /** Other sizes and strides over the same storage; the offset is counted in elements from the operand's first. */
    static long reinterpret(long handle, Layout layout) {
        Scratch scratch = Scratch.get();
        scratch.setLayout(layout);
        try {
            check(
                    (int) REINTERPRET.invokeExact(
                            handle,
                            (long) layout.rank(),
                            scratch.sizes(),
                            scratch.strides(),
                            layout.offset(),
                            scratch.out()),
                    "view");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    static long emptyStrided(Layout layout, int dtype, int deviceType, int deviceIndex) {
        Scratch scratch = Scratch.get();
        scratch.setLayout(layout);
        try {
            check(
                    (int) EMPTY_STRIDED.invokeExact(
                            (long) layout.rank(),
                            scratch.sizes(),
                            scratch.strides(),
                            dtype,
                            deviceType,
                            deviceIndex,
                            scratch.out()),
                    "allocation");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    /** A tensor on host memory at {@code address}, which stays the caller's and outlives the handle. */
    static long fromHost(long address, Layout layout, int dtype) {
        Scratch scratch = Scratch.get();
        scratch.setLayout(layout);
        try {
            check(
                    (int) FROM_BLOB.invokeExact(
                            address,
                            (long) layout.rank(),
                            scratch.sizes(),
                            scratch.strides(),
                            0L,
                            dtype,
                            CPU,
                            0,
                            scratch.out()),
                    "from_blob");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    /** Copies elements, converting dtype and crossing devices as needed; returns when done. */
    static void copy(long target, long source) {
        try {
            check((int) COPY.invokeExact(target, source, 0), "copy");
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Pads with a constant: {@code pads} is the address of {@code count} numbers, {@code value} that of a double. */
    static long pad(long handle, long pads, int count, long mode, long value) {
        Scratch scratch = Scratch.get();
        try {
            check((int) PAD.invokeExact(handle, pads, (long) count, mode, value, scratch.out()), "constant_pad_nd");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    static long newList(int size) {
        Scratch scratch = Scratch.get();
        try {
            check((int) NEW_LIST.invokeExact((long) size, scratch.out()), "a list");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    static void push(long list, long value) {
        try {
            check((int) PUSH.invokeExact(list, value), "a list");
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static long listItem(long list, long index) {
        Scratch scratch = Scratch.get();
        try {
            check((int) LIST_ITEM.invokeExact(list, index, scratch.out()), "a list");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    /** Frees the list, not the tensors in it. */
    static void deleteList(long list) {
        try {
            check((int) DELETE_LIST.invokeExact(list), "a list");
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** A text that the callee deletes, of {@code length} bytes at {@code utf8}. */
    static long newText(long utf8, long length) {
        Scratch scratch = Scratch.get();
        try {
            check((int) NEW_TEXT.invokeExact(utf8, length, scratch.out()), "a text");
        } catch (Throwable e) {
            throw failed(e);
        }
        return scratch.result();
    }

    /** A heap cell that holds {@code value}: how a present optional is passed. The callee deletes it. */
    static long newCell(long value) {
        long cell;
        try {
            if (NEW_CELL != null) {
                Scratch scratch = Scratch.get();
                check((int) NEW_CELL.invokeExact(scratch.out()), "an optional");
                cell = scratch.result();
            } else {
                cell = (long) Objects.requireNonNull(OPERATOR_NEW).invokeExact(JAVA_LONG.byteSize());
            }
        } catch (Throwable e) {
            throw failed(e);
        }
        MemorySegment.ofAddress(cell).reinterpret(JAVA_LONG.byteSize()).set(JAVA_LONG, 0, value);
        return cell;
    }

    static int threads() {
        Scratch scratch = Scratch.get();
        scratch.clearResult();
        try {
            check((int) THREADS.invokeExact(scratch.out()), "threads");
        } catch (Throwable e) {
            throw failed(e);
        }
        return (int) scratch.result();
    }

    static void setThreads(int count) {
        try {
            SET_THREADS.invokeExact(count);
            if (SET_BLAS_THREADS != null) {
                SET_BLAS_THREADS.invokeExact(count);
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** @throws KernelException unless {@code status} is 0; {@code what} names the kernel */
    static void check(int status, String what) {
        if (status != 0) {
            String text = errorText();
            throw new KernelException(text.startsWith(what + ": ") ? text : what + ": " + text);
        }
    }

    private static String errorText() {
        if (WHAT == null) {
            return "the values are not allowed here (an index out of range, shapes that do not fit, no memory)";
        }
        try {
            MemorySegment text = (MemorySegment) WHAT.invokeExact();
            return text.address() == 0
                    ? "failed"
                    : Errors.tidy(text.reinterpret(1 << 16).getString(0));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Downcalls declare {@code Throwable} but raise only what this class throws itself. */
    static RuntimeException failed(Throwable e) {
        if (e instanceof RuntimeException runtime) {
            return runtime;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}
