package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the library that {@link LibraryLoader} opened, one static method each. Tensors are handles: a
 * {@code long} that somebody owns and deletes once. Pointers are plain addresses too, which keeps the call path free
 * of allocation.
 */
final class LibTorch {
    private static final MethodHandle DELETE = Native.status("aoti_torch_delete_tensor_object", 1);
    private static final MethodHandle NEW_HANDLE = Native.status("aoti_torch_new_tensor_handle", 2, Native.SHORT);
    private static final MethodHandle DATA_PTR = Native.status("aoti_torch_get_data_ptr", 2, Native.SHORT);
    private static final MethodHandle DIM = Native.status("aoti_torch_get_dim", 2, Native.SHORT);
    private static final MethodHandle SIZES = Native.status("aoti_torch_get_sizes", 2, Native.SHORT);
    private static final MethodHandle STRIDES = Native.status("aoti_torch_get_strides", 2, Native.SHORT);
    private static final MethodHandle DTYPE = Native.status("aoti_torch_get_dtype", 2, Native.SHORT);
    private static final MethodHandle IS_DEFINED = Native.status("aoti_torch_is_defined", 2, Native.SHORT);
    private static final MethodHandle REINTERPRET = Native.status("aoti_torch__reinterpret_tensor", 6);

    private static final MethodHandle EMPTY_STRIDED = Native.find(
            "aoti_torch_empty_strided",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FROM_BLOB = Native.find(
            "aoti_torch_create_tensor_from_blob",
            FunctionDescriptor.of(
                    JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                    JAVA_LONG));
    private static final MethodHandle ABI_VERSION =
            Native.find("aoti_torch_abi_version", FunctionDescriptor.of(JAVA_LONG));
    private static final MethodHandle COPY =
            Native.find("aoti_torch_copy_", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle PAD = Native.find(
            "aoti_torch_aten_pad",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    /** Exported without a C name; takes a positive number and never fails then. */
    private static final MethodHandle SET_THREADS =
            Native.find("_ZN2at15set_num_threadsEi", FunctionDescriptor.ofVoid(JAVA_INT));

    /** OpenBLAS has threads of its own, one pool for the process, which the line above does not reach. */
    private static final @Nullable MethodHandle SET_BLAS_THREADS =
            Native.findOptional("openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));

    private record Shim(String symbol, FunctionDescriptor descriptor) {}

    /** Linking one takes far longer than calling it. */
    private static final Map<Shim, Optional<MethodHandle>> SHIMS = new ConcurrentHashMap<>();

    private static final Map<DType, Integer> DTYPE_CODES = new EnumMap<>(DType.class);
    private static final Map<Integer, DType> DTYPES_BY_CODE = new HashMap<>();

    static final int CPU = constant("aoti_torch_device_type_cpu");
    static final int CUDA = constant("aoti_torch_device_type_cuda");

    static {
        for (DType dtype : DType.values()) {
            DTYPE_CODES.put(dtype, constant("aoti_torch_dtype_" + dtype.label()));
        }
        DTYPE_CODES.forEach((dtype, code) -> DTYPES_BY_CODE.put(code, dtype));
    }

    private LibTorch() {}

    /** The library's number for a dtype. */
    static int code(DType dtype) {
        return Objects.requireNonNull(DTYPE_CODES.get(dtype));
    }

    /** The dtype of a handle. */
    static DType dtypeOf(long handle) {
        return Objects.requireNonNull(DTYPES_BY_CODE.get(dtype(handle)));
    }

    /** {@code 2.10.0}; the library's number holds a part in each of its upper bytes. */
    static String version() {
        try {
            long packed = (long) ABI_VERSION.invokeExact();
            return (packed >>> 56) + "." + (packed >>> 48 & 0xff) + "." + (packed >>> 40 & 0xff);
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    /** Makes the static parts ready, so that what fails fails here. */
    static void touch() {
        code(DType.BOOL);
        Boxes.touch();
        if (SET_BLAS_THREADS != null) {
            try {
                SET_BLAS_THREADS.invokeExact(1);
            } catch (Throwable e) {
                throw Native.failed(e);
            }
        }
    }

    /** A shim such as {@code aoti_torch_cpu_add_Tensor}; null when this library has none of that name. */
    static @Nullable MethodHandle shim(String symbol, FunctionDescriptor descriptor) {
        return SHIMS.computeIfAbsent(
                        new Shim(symbol, descriptor),
                        shim -> Optional.ofNullable(Native.findOptional(symbol, descriptor)))
                .orElse(null);
    }

    private static int constant(String symbol) {
        try {
            return (int) Native.find(symbol, FunctionDescriptor.of(JAVA_INT)).invokeExact();
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    static void delete(long handle) {
        try {
            Native.check((int) DELETE.invokeExact(handle), "delete");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    /** A second handle of the same tensor. */
    static long newHandle(long handle) {
        Scratch scratch = Scratch.get();
        try {
            Native.check((int) NEW_HANDLE.invokeExact(handle, scratch.out()), "new_tensor_handle");
        } catch (Throwable e) {
            throw Native.failed(e);
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
            Native.check((int) getter.invokeExact(handle, scratch.out()), "a property");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    /** Other sizes and strides over the same storage; the offset is counted in elements from the operand's first. */
    static long reinterpret(long handle, Layout layout) {
        Scratch scratch = Scratch.get();
        scratch.setLayout(layout);
        try {
            Native.check(
                    (int) REINTERPRET.invokeExact(
                            handle,
                            (long) layout.rank(),
                            scratch.sizes(),
                            scratch.strides(),
                            layout.offset(),
                            scratch.out()),
                    "view");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    static long emptyStrided(Layout layout, int dtype, int deviceType, int deviceIndex) {
        Scratch scratch = Scratch.get();
        scratch.setLayout(layout);
        try {
            Native.check(
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
            throw Native.failed(e);
        }
        return scratch.result();
    }

    /** A tensor on host memory at {@code address}, which stays the caller's and outlives the handle. */
    static long fromHost(long address, Layout layout, int dtype) {
        Scratch scratch = Scratch.get();
        scratch.setLayout(layout);
        try {
            Native.check(
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
            throw Native.failed(e);
        }
        return scratch.result();
    }

    /** Copies elements, converting dtype and crossing devices as needed; returns when done. */
    static void copy(long target, long source) {
        try {
            Native.check((int) COPY.invokeExact(target, source, 0), "copy");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }

    /** Pads with a constant: {@code pads} is the address of {@code count} numbers, {@code value} that of a double. */
    static long pad(long handle, long pads, int count, long mode, long value) {
        Scratch scratch = Scratch.get();
        try {
            Native.check(
                    (int) PAD.invokeExact(handle, pads, (long) count, mode, value, scratch.out()), "constant_pad_nd");
        } catch (Throwable e) {
            throw Native.failed(e);
        }
        return scratch.result();
    }

    /**
     * Makes the library's parallel regions run on the calling thread alone. OpenMP keeps such a setting for each thread
     * by itself, so every thread has to ask before its first call.
     */
    static void computeAlone() {
        try {
            SET_THREADS.invokeExact(1);
        } catch (Throwable e) {
            throw Native.failed(e);
        }
    }
}
