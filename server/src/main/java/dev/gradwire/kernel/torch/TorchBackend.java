package dev.gradwire.kernel.torch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.DeviceUnavailableException;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Layout;
import dev.gradwire.tensor.Layouts;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch's kernels on one device. Kernels are named by ATen overloads; {@code aten.txt} lists them. Results may share
 * storage with operands (views, casts to the same dtype), which is safe because no kernel writes to an operand.
 */
public final class TorchBackend implements Backend {
    private static final Pattern CUDA_DEVICE = Pattern.compile("cuda:(\\d{1,3})");

    private final String device;
    private final int deviceType;
    private final int deviceIndex;
    private final SchemaTable schemas;
    private final ShimKernels shims;
    private final LongAdder live = new LongAdder();

    private final @Nullable Groups groups;

    private TorchBackend(String device, int deviceType, int deviceIndex, SchemaTable schemas, @Nullable Groups groups) {
        this.groups = groups;
        this.device = device;
        this.deviceType = deviceType;
        this.deviceIndex = deviceIndex;
        this.schemas = schemas;
        shims = new ShimKernels(this);
    }

    /**
     * Opens a device; the first call in a process loads the library, which takes from 0.3 s up to a few seconds.
     *
     * @param device {@code cpu}, {@code cuda:0}, {@code cuda:1}, …
     * @throws DeviceUnavailableException when the library cannot be loaded or has no such device
     */
    public static TorchBackend open(String device) {
        return open(device, null);
    }

    /** The same with something else to run groups on the CPU; null for nothing. */
    public static TorchBackend open(String device, @Nullable Groups groups) {
        Matcher cuda = CUDA_DEVICE.matcher(device);
        boolean isCuda = cuda.matches();
        if (!isCuda && !device.equals("cpu")) {
            throw new DeviceUnavailableException("there is no device " + device + "; devices are cpu, cuda:0, …");
        }
        LibraryLoader.Loaded library = LibraryLoader.load();
        try {
            LibTorch.touch();
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
            throw e.getCause() instanceof DeviceUnavailableException cause
                    ? cause
                    : new DeviceUnavailableException("libtorch cannot be used", e);
        }
        int index = isCuda ? Integer.parseInt(cuda.group(1)) : 0;
        TorchBackend backend = new TorchBackend(
                device,
                isCuda ? LibTorch.CUDA : LibTorch.CPU,
                index,
                new SchemaTable(library.absent()),
                isCuda ? null : groups);
        if (isCuda) {
            backend.requireCuda(library);
        }
        return backend;
    }

    private void requireCuda(LibraryLoader.Loaded library) {
        if (!library.hasCuda()) {
            throw new DeviceUnavailableException(device + ": this libtorch has no CUDA; " + LibraryLoader.VARIABLE
                    + " can name the lib folder of one that has");
        }
        try {
            LibTorch.delete(empty(new Layout(new long[] {1}, new long[] {1}, 0), LibTorch.code(DType.FLOAT32)));
        } catch (KernelException e) {
            throw new DeviceUnavailableException(device + ": there is no such device", e);
        }
    }

    @Override
    public String device() {
        return device;
    }

    @Override
    public String library() {
        return "PyTorch " + LibTorch.version();
    }

    /** Names of all kernels that this library has; what {@link #resolve} takes also depends on the arguments. */
    public Set<String> kernels() {
        return schemas.names();
    }

    @Override
    public long liveTensors() {
        return live.sum();
    }

    @Override
    public TorchTensor upload(Tensor tensor) {
        DType dtype = tensor.type().dtype();
        Layout layout = Layout.contiguous(tensor.type().shape());
        if (deviceType == LibTorch.CPU) {
            return toHost(tensor, layout);
        }
        try (TorchTensor staged = toHost(tensor, layout)) {
            TorchTensor uploaded = adopt(empty(layout, LibTorch.code(dtype)));
            LibTorch.copy(uploaded.handle(), staged.handle());
            return uploaded;
        }
    }

    /** A 0-dim tensor on the host: elementwise kernels of every device take it. */
    TorchTensor hostScalar(Tensor scalar) {
        return toHost(scalar, Layout.contiguous(scalar.type().shape()));
    }

    @SuppressWarnings("restricted")
    private TorchTensor toHost(Tensor tensor, Layout layout) {
        int code = LibTorch.code(tensor.type().dtype());
        TorchTensor made = adopt(LibTorch.emptyStrided(layout, code, LibTorch.CPU, 0));
        long length = tensor.data().byteSize();
        if (length > 0) {
            MemorySegment target =
                    MemorySegment.ofAddress(LibTorch.dataPointer(made.handle())).reinterpret(length);
            if (tensor.type().dtype() == DType.BOOL) {
                copyBools(tensor.data(), target);
            } else {
                target.copyFrom(tensor.data());
            }
        }
        return made;
    }

    /** Native code reads a bool as a byte that is 0 or 1; any other byte would be undefined behaviour there. */
    private static void copyBools(MemorySegment source, MemorySegment target) {
        for (long i = 0; i < source.byteSize(); i++) {
            target.set(JAVA_BYTE, i, (byte) (source.get(JAVA_BYTE, i) == 0 ? 0 : 1));
        }
    }

    @Override
    public void download(DeviceTensor tensor, TensorType type, MemorySegment target) {
        TorchTensor source = own(tensor);
        if (target.byteSize() != type.lengthInBytes()) {
            throw new IllegalArgumentException(
                    type + " has " + type.lengthInBytes() + " bytes, but the target " + target.byteSize());
        }
        if (!source.layout().shape().equals(type.shape())
                || LibTorch.dtype(source.handle()) != LibTorch.code(type.dtype())) {
            throw new KernelException("download: the tensor " + source.layout().shape() + " is no " + type);
        }
        if (target.byteSize() == 0) {
            return;
        }
        if (deviceType == LibTorch.CPU && source.layout().isContiguous()) {
            target.copyFrom(source.memory());
            return;
        }
        if (target.isNative()) {
            copyTo(source, type, target);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment staged = arena.allocate(target.byteSize(), 64);
            copyTo(source, type, staged);
            target.copyFrom(staged);
        }
    }

    private void copyTo(TorchTensor source, TensorType type, MemorySegment target) {
        try (TorchTensor host = adopt(
                LibTorch.fromHost(target.address(), Layout.contiguous(type.shape()), LibTorch.code(type.dtype())))) {
            LibTorch.copy(host.handle(), source.handle());
        }
    }

    @Override
    public TorchTensor zeros(TensorType type) {
        TorchTensor made = adopt(empty(Layout.contiguous(type.shape()), LibTorch.code(type.dtype())));
        if (type.lengthInBytes() > 0) {
            try (TorchTensor zero = upload(Tensor.scalar(type.dtype(), 0))) {
                LibTorch.copy(made.handle(), zero.handle());
            } catch (KernelException e) {
                made.close();
                throw e;
            }
        }
        return made;
    }

    @Override
    public void write(DeviceTensor target, DeviceTensor source) {
        LibTorch.copy(own(target).handle(), own(source).handle());
    }

    @Override
    public boolean wrapsHostMemory() {
        return deviceType == LibTorch.CPU;
    }

    @Override
    public TorchTensor wrap(MemorySegment memory, TensorType type) {
        if (!wrapsHostMemory()) {
            throw new UnsupportedOperationException("a tensor on " + device + " cannot lie in the host's memory");
        }
        if (!memory.isNative()
                || memory.byteSize() < type.lengthInBytes()
                || memory.address() % type.dtype().sizeInBytes() != 0) {
            throw new IllegalArgumentException("a " + type + " takes " + type.lengthInBytes()
                    + " bytes of native memory, aligned as its elements");
        }
        long length = type.lengthInBytes();
        return new TorchTensor(this, memory.byteSize() == length ? memory : memory.asSlice(0, length), type);
    }

    @Override
    public TorchTensor view(DeviceTensor base, Layout layout) {
        TorchTensor whole = own(base);
        boolean forwards = layout.offset() >= 0;
        for (int i = 0; i < layout.rank(); i++) {
            forwards &= layout.stride(i) >= 0;
        }
        boolean empty = layout.reach() == 0;
        if (!forwards || !empty && layout.offset() > whole.layout().reach() - layout.reach()) {
            throw new IllegalArgumentException(layout + " goes beyond " + whole.layout());
        }
        return adopt(LibTorch.reinterpret(whole.handle(), empty ? layout.fromStart() : layout));
    }

    @Override
    public TorchTensor empty(TensorType type) {
        TorchTensor made = adopt(empty(Layout.contiguous(type.shape()), LibTorch.code(type.dtype())));
        if (deviceType == LibTorch.CPU) {
            LargePages.ask(made.memory());
        }
        return made;
    }

    @Override
    public @Nullable Groups groups() {
        return groups;
    }

    @Override
    public TorchTensor copy(DeviceTensor tensor) {
        return adopt(copyOf(own(tensor)));
    }

    @Override
    public TorchTensor row(DeviceTensor tensor, long index, TensorType type) {
        TorchTensor whole = own(tensor);
        if (!wrapsHostMemory()) {
            return slice(whole, 0, index);
        }
        if (!whole.layout().isContiguous()
                || index < 0
                || index >= whole.layout().size(0)) {
            throw new IllegalArgumentException("there is no row " + index + " of " + whole.layout());
        }
        long length = type.lengthInBytes();
        return new TorchTensor(this, whole.memory().asSlice(index * length, length), type);
    }

    @Override
    public TorchTensor slice(DeviceTensor tensor, int dim, long index) {
        TorchTensor whole = own(tensor);
        return adopt(LibTorch.reinterpret(whole.handle(), Layouts.select(whole.layout(), dim, index)));
    }

    @Override
    public TorchTensor share(DeviceTensor tensor) {
        return adopt(LibTorch.newHandle(own(tensor).handle()));
    }

    @Override
    public Kernel resolve(KernelCall call) {
        Kernel random = RandomKernels.find(this, call);
        if (random != null) {
            return random;
        }
        @Nullable Body body;
        try {
            body = AttentionByRows.find(this, call);
            body = body == null ? body(call) : body;
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new KernelException(call.name() + ": " + e.getMessage());
        }
        return new TorchKernel(this, call, body);
    }

    /** Checks a call against its schema and finds who computes it. */
    Body body(KernelCall call) {
        Arguments arguments = Arguments.check(call, schemas.get(call.name()));
        Guards.check(arguments);
        @Nullable Body body = ViewKernels.find(this, arguments);
        if (body == null) {
            body = MakeKernels.find(this, arguments);
        }
        if (body == null) {
            body = ProductKernels.find(this, arguments);
        }
        if (body == null) {
            body = ConvolutionKernels.find(this, arguments);
        }
        if (body == null) {
            body = AttentionKernels.find(this, arguments);
        }
        if (body == null) {
            body = MaxPooling.find(this, arguments);
        }
        if (body == null) {
            body = shims.find(arguments);
        }
        if (body == null) {
            body = NumberKernels.find(this, arguments);
        }
        if (body == null) {
            body = ValueGuards.find(this, arguments);
        }
        return WriteForms.of(this, arguments, body == null ? new DispatcherKernel(this, arguments) : body);
    }

    /** The library's typed function of that name for this device, null where it has none. */
    @Nullable
    MethodHandle shim(String name, FunctionDescriptor descriptor) {
        return LibTorch.shim((deviceType == LibTorch.CPU ? "aoti_torch_cpu_" : "aoti_torch_cuda_") + name, descriptor);
    }

    /** Null where the library has none. */
    @Nullable
    OutForm outForm(String fullName) {
        return schemas.outForm(fullName);
    }

    TorchTensor own(DeviceTensor tensor) {
        if (tensor instanceof TorchTensor torch && torch.backend() == this) {
            return torch;
        }
        throw new KernelException("a tensor of another backend than " + device);
    }

    /**
     * Takes a handle over. A result that the call's arguments switched off (as {@code output_mask} does) is undefined
     * in the library and becomes a tensor without elements, so that there is one for every result.
     */
    TorchTensor adopt(long handle) {
        if (handle != 0 && LibTorch.isDefined(handle)) {
            return new TorchTensor(this, handle);
        }
        if (handle != 0) {
            LibTorch.delete(handle);
        }
        return new TorchTensor(
                this, empty(new Layout(new long[] {0}, new long[] {1}, 0), LibTorch.code(DType.FLOAT32)));
    }

    /** A new handle of uninitialised memory on this device. */
    long empty(Layout layout, int dtype) {
        return LibTorch.emptyStrided(layout, dtype, deviceType, deviceIndex);
    }

    /** A new handle of the same elements in row-major order: of the same storage where they are so already. */
    long contiguous(TorchTensor tensor) {
        return tensor.layout().isContiguous() ? LibTorch.newHandle(tensor.handle()) : copyOf(tensor);
    }

    /** A new handle of a copy in row-major order. */
    long copyOf(TorchTensor tensor) {
        Layout layout = Layout.contiguous(tensor.layout().shape());
        long copy = empty(layout, LibTorch.dtype(tensor.handle()));
        LibTorch.copy(copy, tensor.handle());
        return copy;
    }

    int deviceType() {
        return deviceType;
    }

    int deviceIndex() {
        return deviceIndex;
    }

    void opened() {
        live.increment();
    }

    void closed() {
        live.decrement();
    }

    /** Nothing to free: the library stays for the process, tensors are their owners'. */
    @Override
    public void close() {}
}
