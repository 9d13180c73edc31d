package dev.gradwire.cli.conformance;

import dev.gradwire.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What normalizations make of the running statistics that PyTorch changes in place. A graph is pure: the server gives
 * them as results of {@code _native_batch_norm_legit_functional}, which is put beside each such node.
 */
final class RunningStatistics {
    private static final Set<String> BATCH =
            Set.of("batch_norm", "native_batch_norm", "_native_batch_norm_legit", "_batch_norm_with_update");
    private static final String INSTANCE = "instance_norm";
    private static final String FUNCTIONAL = "_native_batch_norm_legit_functional";
    private static final List<String> PARAMETERS = List.of("input", "weight", "bias", "running_mean", "running_var");

    private final Case item;
    private final List<Request.Call> nodes = new ArrayList<>();
    private final Map<String, String> updates = new HashMap<>();

    private RunningStatistics(Case item) {
        this.item = item;
        nodes.addAll(item.nodes());
        item.nodes().forEach(this::add);
    }

    /** A request for the inputs that the case says are changed, in its order. */
    static Request request(Case item) {
        RunningStatistics statistics = new RunningStatistics(item);
        List<String> outputs = new ArrayList<>();
        for (String input : item.expected().mutated().keySet()) {
            outputs.add(statistics.updates.getOrDefault(input, input));
        }
        return new Request(item.inputs(), statistics.nodes, outputs, List.of(), null);
    }

    private void add(Request.Call node) {
        String bare = node.op().replaceFirst("^aten\\.", "").replaceFirst("\\..*", "");
        if (!BATCH.contains(bare) && !bare.equals(INSTANCE)) {
            return;
        }
        Map<String, Arg> given = new HashMap<>(node.kwargs());
        for (int i = 0; i < Math.min(PARAMETERS.size(), node.args().size()); i++) {
            given.put(PARAMETERS.get(i), node.args().get(i));
        }
        if (!(given.get("running_mean") instanceof Arg.Ref(String mean))
                || !(given.get("running_var") instanceof Arg.Ref(String var))) {
            return;
        }
        String name = node.name() + "_updated";
        Map<String, Arg> arguments = new HashMap<>();
        PARAMETERS.forEach(parameter -> arguments.put(parameter, given.get(parameter)));
        arguments.put("training", new Arg.Bool(true));
        arguments.put("momentum", argument(node, "momentum"));
        arguments.put("eps", argument(node, "eps"));
        if (bare.equals(INSTANCE)) {
            instances(name, arguments, mean, var);
            return;
        }
        nodes.add(new Request.Call(name, FUNCTIONAL, List.of(), arguments));
        updates.put(mean, name + ":3");
        updates.put(var, name + ":4");
    }

    /** By the order that all batch norms have: training, momentum and eps after the tensors. */
    private static Arg argument(Request.Call node, String parameter) {
        Arg named = node.kwargs().get(parameter);
        int place = node.op().contains("_with_update") ? 5 : 6;
        return named != null ? named : node.args().get(parameter.equals("eps") ? place + 1 : place);
    }

    /** Instances are channels of one batch; their statistics are averaged. */
    private void instances(String name, Map<String, Arg> arguments, String mean, String var) {
        Arg instances = Objects.requireNonNull(arguments.get("input"));
        Shape input = item.inputs().stream()
                .filter(one -> instances.equals(new Arg.Ref(one.name())))
                .findFirst()
                .orElseThrow(() -> new Values.UnreadableException("instance_norm of no input"))
                .tensor()
                .type()
                .shape();
        long batch = input.dim(0);
        long channels = input.dim(1);
        long[] joint = input.dims();
        joint[0] = 1;
        joint[1] = batch * channels;
        call(name + "_input", "view", instances, ints(joint));
        call(name + "_mean", "repeat", new Arg.Ref(mean), ints(batch));
        call(name + "_var", "repeat", new Arg.Ref(var), ints(batch));
        arguments.put("input", new Arg.Ref(name + "_input"));
        arguments.put("running_mean", new Arg.Ref(name + "_mean"));
        arguments.put("running_var", new Arg.Ref(name + "_var"));
        arguments.put("weight", new Arg.None());
        arguments.put("bias", new Arg.None());
        nodes.add(new Request.Call(name, FUNCTIONAL, List.of(), arguments));
        averaged(mean, name, 3, batch, channels);
        averaged(var, name, 4, batch, channels);
    }

    private void averaged(String running, String name, int result, long batch, long channels) {
        String average = name + result;
        call(average + "_by_instance", "view", new Arg.Ref(name + ":" + result), ints(batch, channels));
        call(average, "mean.dim", new Arg.Ref(average + "_by_instance"), ints(0));
        updates.put(running, average);
    }

    private void call(String name, String op, Arg... args) {
        nodes.add(new Request.Call(name, op, List.of(args), Map.of()));
    }

    private static Arg ints(long... values) {
        List<Arg> items = new ArrayList<>();
        for (long value : values) {
            items.add(new Arg.Int(value));
        }
        return new Arg.Items(items);
    }
}
