package dev.gradwire.client;

import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.PlanResponse;
import dev.gradwire.v1.ValueType;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Asks the server for what recorded tensors are: values, gradients, types, metadata. */
final class Evaluator {
    private final Transport transport;
    private final RunOptions options;

    Evaluator(Transport transport, RunOptions options) {
        this.transport = transport;
        this.options = options;
    }

    /** Values of all that are not known yet, in one request. */
    Report values(List<Tensor> tensors) {
        List<Tensor> unknown =
                tensors.stream().filter(tensor -> !tensor.isKnown()).distinct().toList();
        if (unknown.isEmpty()) {
            return Report.EMPTY;
        }
        WrittenGraph written = write(unknown, unknown, Set.of());
        Answer answer = transport.run(run(written, null));
        learnOutputs(written, unknown, answer);
        return Report.of(answer, GradFnGraph.of(answer.gradFns(), written));
    }

    TensorData value(Tensor tensor) {
        values(List.of(tensor));
        return tensor.data();
    }

    /** Adds to the gradients of leaves. A root without cotangent is a scalar, whose value comes along. */
    Report backward(Tensor root, @Nullable Tensor cotangent) {
        if (!root.tracks()) {
            throw Failures.notDifferentiable("the tensor depends on none that requires grad");
        }
        if (root.isPendingLeaf()) {
            values(List.of(root));
        }
        List<Tensor> targets = cotangent == null ? List.of(root) : List.of(root, cotangent);
        List<Tensor> outputs = cotangent == null && !root.isKnown() ? List.of(root) : List.of();
        WrittenGraph written = write(targets, outputs, Derivatives.between(Tensor::requiresGradAsLeaf, List.of(root)));
        List<Tensor> leaves = written.recording().inputs().stream()
                .filter(Tensor::requiresGradAsLeaf)
                .toList();
        Backward.Builder backward = Backward.newBuilder().addRoots(written.reference(root));
        leaves.forEach(leaf -> backward.addInputs(written.reference(leaf)));
        if (cotangent != null) {
            backward.addCotangents(Cotangent.newBuilder().setValue(written.reference(cotangent)));
        }
        Answer answer = transport.run(run(written, backward.build()));
        learnOutputs(written, outputs, answer);
        for (Tensor leaf : leaves) {
            TensorData gradient = answer.gradients().get(written.reference(leaf));
            if (gradient != null) {
                leaf.accumulate(gradient);
            }
        }
        return Report.of(answer, GradFnGraph.of(answer.gradFns(), written));
    }

    TensorType type(Tensor tensor) {
        Planned planned = plan(tensor, false);
        planned.types.forEach((known, type) -> known.learn(type));
        TensorType type = planned.types.get(tensor);
        if (type == null) {
            throw new IllegalStateException("the server did not say what the tensor is");
        }
        return type;
    }

    @Nullable
    GradFn gradFn(Tensor tensor) {
        Planned planned = plan(tensor, true);
        GradFn gradFn = planned.gradFns.of(planned.written.reference(tensor));
        tensor.learn(gradFn);
        return gradFn;
    }

    /** How many results a node has, by the types that the server gives them. */
    int countResults(Node node) {
        Planned planned = plan(node.result(0), false);
        String name = planned.written.reference(node.result(0));
        return (int) planned.response.getTypesList().stream()
                .map(ValueType::getName)
                .filter(each -> each.equals(name) || each.startsWith(name + ":"))
                .count();
    }

    /** What the server would do for some tensors; nothing is computed. */
    PlanResponse plan(List<Tensor> tensors) {
        WrittenGraph written = write(tensors, tensors, Set.of());
        return plan(written, List.of());
    }

    private record Planned(
            WrittenGraph written, PlanResponse response, Map<Tensor, TensorType> types, GradFnGraph gradFns) {}

    private Planned plan(Tensor tensor, boolean withGradFns) {
        WrittenGraph written = write(
                List.of(tensor),
                List.of(tensor),
                withGradFns ? Derivatives.between(Tensor::requiresGradAsLeaf, List.of(tensor)) : Set.of());
        PlanResponse response = plan(written, withGradFns ? written.names() : List.of());
        Map<String, TensorType> byName = new LinkedHashMap<>();
        response.getTypesList().forEach(type -> byName.put(type.getName(), TensorType.of(type.getType())));
        Map<Tensor, TensorType> types = new LinkedHashMap<>();
        for (Tensor each : written.recording().producers().keySet()) {
            TensorType type = byName.get(written.reference(each));
            if (type != null) {
                types.put(each, type);
            }
        }
        return new Planned(written, response, types, GradFnGraph.of(response.getGradFnsList(), written));
    }

    private WrittenGraph write(List<Tensor> targets, List<Tensor> outputs, Set<Node> through) {
        return write(targets, outputs, through, new Names());
    }

    /**
     * Writes the graph behind some tensors. Leaves whose values have to be known for it are asked for first.
     *
     * @param through nodes that are computed anew even where their values are known
     */
    WrittenGraph write(Collection<Tensor> targets, Collection<Tensor> outputs, Set<Node> through, Names names) {
        Recording recording = Recording.of(targets, through);
        List<Tensor> pending =
                recording.inputs().stream().filter(Tensor::isPendingLeaf).toList();
        values(pending);
        return GraphWriter.write(recording, outputs, names);
    }

    private Request run(WrittenGraph written, @Nullable Backward backward) {
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        written.inputs().forEach((tensor, name) -> inputs.put(name, tensor.data()));
        List<String> measured = options.profiles() ? written.names() : List.of();
        return new Request(written.program(), inputs, backward, options.wire(measured));
    }

    /** Types are enough to plan with, so leaves without values may be there. */
    private PlanResponse plan(WrittenGraph written, List<String> gradFns) {
        return transport.plan(new Request(written.program(), Map.of(), null, options.wire(gradFns)));
    }

    private static void learnOutputs(WrittenGraph written, List<Tensor> outputs, Answer answer) {
        for (Tensor output : outputs) {
            TensorData value = answer.outputs().get(written.reference(output));
            if (value == null) {
                throw new IllegalStateException("the server left out " + written.reference(output));
            }
            output.learn(value);
        }
    }
}
