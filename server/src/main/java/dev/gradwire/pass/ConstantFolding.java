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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code f(constants)} becomes a constant, where the result is small. Runs on the plan's own backend. */
record ConstantFolding(OperatorTable operators, Backend backend) implements Pass {
    /** Larger constants would cost more to keep than to compute. */
    private static final long MAX_ELEMENTS = 64;

    @Override
    public Graph apply(Graph graph) {
        Map<Value, Tensor> constants = new HashMap<>();
        return Rewriter.rewrite(graph, operators, (node, builder) -> fold(node, builder, constants));
    }

    private @Nullable List<Value> fold(Node node, GraphBuilder builder, Map<Value, Tensor> constants) {
        if (node.op().schema().name().equals(GraphBuilder.CONSTANT)) {
            List<Value> results = builder.repeat(node);
            constants.put(results.getFirst(), ((Argument.Constant) node.args().getFirst()).tensor());
            return results;
        }
        if (!isFoldable(node, constants)) {
            return null;
        }
        try {
            return evaluate(node, constants).stream()
                    .map(tensor -> remember(tensor, builder, constants))
                    .toList();
        } catch (KernelException e) {
            return null; // It fails again when the plan runs, where the error has its place.
        }
    }

    private static Value remember(Tensor tensor, GraphBuilder builder, Map<Value, Tensor> constants) {
        Value value = builder.constant(tensor);
        constants.put(value, tensor);
        return value;
    }

    private static boolean isFoldable(Node node, Map<Value, Tensor> constants) {
        boolean small =
                node.results().stream().allMatch(result -> result.type().shape().elements() <= MAX_ELEMENTS);
        if (!small || ((Overload) node.op()).declaration().kernel().isEmpty()) {
            return false;
        }
        List<Value> operands = new ArrayList<>();
        node.forEachOperand(operands::add);
        return !operands.isEmpty() && operands.stream().allMatch(constants::containsKey);
    }

    private List<Tensor> evaluate(Node node, Map<Value, Tensor> constants) {
        KernelCalls.Bound bound = KernelCalls.bind(node);
        DeviceTensor[] operands = new DeviceTensor[bound.operands().size()];
        for (int i = 0; i < operands.length; i++) {
            Tensor constant = constants.get(bound.operands().get(i));
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
