package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code f(constants)} becomes a constant, where the result is small. Runs on the plan's own backend. */
record ConstantFolding(OperatorTable operators, Backend backend) implements Pass {
    /** Larger constants would cost more to keep than to compute. */
    private static final long MAX_ELEMENTS = 64;

    /** Numbers in a row are read by indexing, again and again; they need no operand to be constant. */
    private static final String COUNTING = "arange";

    private static final long MAX_COUNTED = 4096;

    @Override
    public Graph apply(Graph graph) {
        return Rewriter.rewrite(graph, operators, this::fold);
    }

    private @Nullable List<Value> fold(Node node, GraphBuilder builder) {
        if (!isSmall(node) || ((Overload) node.op()).declaration().kernel().isEmpty()) {
            return null;
        }
        if (!isCounting(node) && !readsConstantsOnly(node, builder)) {
            return null;
        }
        try {
            return evaluate(node, builder).stream().map(builder::constant).toList();
        } catch (KernelException e) {
            return null; // It fails again when the plan runs, where the error has its place.
        }
    }

    private static boolean isCounting(Node node) {
        return node.op().canonical().name().equals(COUNTING);
    }

    /** Whether there is an operand, and each is a constant. */
    private static boolean readsConstantsOnly(Node node, GraphBuilder builder) {
        boolean any = false;
        for (Argument argument : node.args()) {
            List<Argument> items = argument instanceof Argument.Items list ? list.items() : List.of(argument);
            for (Argument item : items) {
                if (item instanceof Value value) {
                    if (builder.constantOf(value) == null) {
                        return false;
                    }
                    any = true;
                }
            }
        }
        return any;
    }

    private static boolean isSmall(Node node) {
        long most = isCounting(node) ? MAX_COUNTED : MAX_ELEMENTS;
        for (Value result : node.results()) {
            if (result.type().shape().elements() > most) {
                return false;
            }
        }
        return true;
    }

    private List<Tensor> evaluate(Node node, GraphBuilder builder) {
        KernelCalls.Bound bound = KernelCalls.bind(node);
        DeviceTensor[] operands = new DeviceTensor[bound.operands().size()];
        for (int i = 0; i < operands.length; i++) {
            Tensor constant = builder.constantOf(bound.operands().get(i));
            if (constant == null) {
                throw new IllegalStateException("not a constant");
            }
            operands[i] = backend.upload(constant);
        }
        try {
            DeviceTensor[] results = backend.resolve(bound.call()).run(operands);
            try {
                return download(node, results);
            } finally {
                close(results);
            }
        } finally {
            close(operands);
        }
    }

    private List<Tensor> download(Node node, DeviceTensor[] results) {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            TensorType type = node.results().get(i).type();
            MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(type.lengthInBytes())]);
            backend.download(results[i], type, bytes);
            tensors.add(new Tensor(type, bytes));
        }
        return tensors;
    }

    private static void close(DeviceTensor[] tensors) {
        for (DeviceTensor tensor : tensors) {
            tensor.close();
        }
    }
}
