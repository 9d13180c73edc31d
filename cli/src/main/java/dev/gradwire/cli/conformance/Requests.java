package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The requests that a case is judged by. */
final class Requests {
    private final Case item;
    private final List<@Nullable Tensor> cotangents;
    private final List<Request.Call> nodes;

    /** @param cotangents one for each output, null where it takes no part */
    Requests(Case item, List<@Nullable Tensor> cotangents) {
        this.item = item;
        this.cotangents = cotangents;
        this.nodes = new ArrayList<>(item.nodes());
    }

    static Request forward(Case item) {
        return new Request(item.inputs(), item.nodes(), item.outputs(), GradFnCheck.values(item), null);
    }

    /** The everyday form: a backward pass from all outputs that have a cotangent. */
    Request vjp() {
        List<String> roots = new ArrayList<>();
        List<Tensor> given = new ArrayList<>();
        for (int i = 0; i < cotangents.size(); i++) {
            Tensor cotangent = cotangents.get(i);
            if (cotangent != null) {
                roots.add(item.outputs().get(i));
                given.add(cotangent);
            }
        }
        Request.Backward backward = new Request.Backward(roots, given, inputNames());
        return new Request(item.inputs(), nodes, item.outputs(), List.of(), backward);
    }

    /** Tangents of the outputs that {@code wanted} names, by a {@code jvp} node. */
    Request jvp(Case.Jvp jvp, List<String> wanted) {
        Arg tangents = constants("tangent", jvp.tangents());
        nodes.add(new Request.Call("jvp", "jvp", List.of(refs(wanted), refs(inputNames()), tangents), Map.of()));
        return new Request(item.inputs(), nodes, resultNames("jvp", wanted.size()), List.of(), null);
    }

    /** A {@code grad} node of the gradients of a {@code grad} node, with the weights as its cotangents. */
    Request second(Case.Second second) {
        List<String> roots = new ArrayList<>();
        List<@Nullable Tensor> given = new ArrayList<>();
        for (int i = 0; i < cotangents.size(); i++) {
            if (cotangents.get(i) != null) {
                roots.add(item.outputs().get(i));
                given.add(cotangents.get(i));
            }
        }
        Arg inputs = refs(inputNames());
        List<Arg> first = List.of(refs(roots), inputs, constants("cotangent", given));
        nodes.add(new Request.Call("g", "grad", first, Map.of()));
        List<String> gradients = new ArrayList<>();
        List<@Nullable Tensor> weights = new ArrayList<>();
        for (int i = 0; i < second.weights().size(); i++) {
            if (second.weights().get(i) != null) {
                gradients.add(resultNames("g", i + 1).get(i));
                weights.add(second.weights().get(i));
            }
        }
        List<Arg> again = List.of(refs(gradients), inputs, constants("weight", weights));
        nodes.add(new Request.Call("gg", "grad", again, Map.of()));
        return new Request(item.inputs(), nodes, resultNames("gg", inputNames().size()), List.of(), null);
    }

    private List<String> inputNames() {
        return item.differentiable().stream().map(Request.Input::name).toList();
    }

    private Arg constants(String prefix, List<? extends @Nullable Tensor> tensors) {
        List<String> names = new ArrayList<>();
        for (Tensor tensor : tensors) {
            if (tensor != null) {
                String name = prefix + names.size();
                nodes.add(Request.Call.constant(name, tensor));
                names.add(name);
            }
        }
        return refs(names);
    }

    private static Arg refs(List<String> names) {
        return new Arg.Items(names.stream().<Arg>map(Arg.Ref::new).toList());
    }

    private static List<String> resultNames(String node, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(i == 0 ? node : node + ":" + i);
        }
        return names;
    }
}
