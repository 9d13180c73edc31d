package dev.gradwire.kernel.torch;

import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** Calls any ATen operator through the library's dispatcher, by name and boxed arguments. */
final class DispatcherKernel implements Body {
    /** Names as C strings that live as long as the process; as many as {@code aten.txt} has. */
    private static final ConcurrentMap<String, Long> C_STRINGS = new ConcurrentHashMap<>();

    private final TorchBackend backend;
    private final Schema schema;
    private final String fullName;
    private final long name;
    private final long overload;
    private final Slot[] slots;
    private final @Nullable OutForm outForm;
    private final long outOverload;

    DispatcherKernel(TorchBackend backend, Arguments arguments) {
        this.backend = backend;
        schema = arguments.schema();
        fullName = schema.fullName();
        name = cString("aten::" + schema.name());
        overload = cString(schema.overload());
        List<Argument> given = arguments.call().arguments();
        slots = new Slot[given.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = Slot.of(schema.parameters().get(i), given.get(i), backend);
        }
        outForm = backend.outForm(fullName);
        outOverload = outForm == null ? 0 : cString(outForm.overload());
    }

    private static long cString(String text) {
        return C_STRINGS.computeIfAbsent(
                text, key -> Arena.global().allocateFrom(key).address());
    }

    @Override
    public TorchTensor[] run(TorchTensor[] operands) {
        Scratch scratch = Scratch.get();
        for (int i = 0; i < slots.length; i++) {
            scratch.setStack(i, slots[i].encode(operands));
        }
        Boxes.callDispatcher(fullName, name, overload, scratch.stack());
        List<Schema.Type> returns = schema.returns();
        if (returns.size() == 1 && !returns.getFirst().list()) {
            return new TorchTensor[] {backend.adopt(scratch.getStack(0))};
        }
        return unpack(scratch, returns);
    }

    @Override
    public boolean writes() {
        return outForm != null;
    }

    @Override
    public void write(TorchTensor[] operands, TorchTensor[] results, Lane lane) {
        Scratch scratch = Scratch.get();
        for (int i = 0; i < slots.length; i++) {
            scratch.setStack(i, slots[i].encode(operands));
        }
        for (int i = 0; i < results.length; i++) {
            scratch.setStack(slots.length + i, LibTorch.newHandle(results[i].handle()));
        }
        Boxes.callDispatcher(fullName, name, outOverload, scratch.stack());
        boolean kept = true;
        for (int i = 0; i < results.length; i++) {
            LibTorch.delete(scratch.getStack(i));
            kept &= results[i].isUnmoved();
        }
        if (!kept) {
            throw new KernelException(fullName + ": the results do not have the types it was resolved for");
        }
    }

    /** Tensors alone become results: numbers that some operators add follow from the operands' shapes. */
    private TorchTensor[] unpack(Scratch scratch, List<Schema.Type> returns) {
        long[] values = new long[returns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = scratch.getStack(i);
        }
        if (returns.getFirst().list()) {
            TorchTensor first = backend.adopt(Boxes.listItem(values[0], 0));
            Boxes.deleteList(values[0]);
            return new TorchTensor[] {first};
        }
        int tensors = (int) returns.stream()
                .filter(type -> type.base() == Schema.Base.TENSOR)
                .count();
        TorchTensor[] results = new TorchTensor[tensors];
        int next = 0;
        for (int i = 0; i < values.length; i++) {
            if (returns.get(i).base() == Schema.Base.TENSOR) {
                results[next++] = backend.adopt(values[i]);
            }
        }
        return results;
    }
}
