package dev.gradwire.service;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Value;
import dev.gradwire.pass.Plan;
import dev.gradwire.transform.GradFn;
import dev.gradwire.v1.Edge;
import dev.gradwire.v1.GradFnSelection;
import dev.gradwire.v1.Profile;
import dev.gradwire.v1.SavedTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The grad_fn metadata that a client asked for, with what each node cost where that was measured. */
final class GradFnEncoder {
    private final Compiled compiled;
    private final Map<String, Profile.Builder> forward = new HashMap<>();
    private final Map<String, Profile.Builder> backward = new HashMap<>();
    private final boolean profiled;

    GradFnEncoder(Compiled compiled, RunResult result) {
        this(compiled, result.steps(), result.stepNanos());
    }

    /** Of what has not been run. */
    GradFnEncoder(Compiled compiled) {
        this(compiled, List.of(), List.of());
    }

    private GradFnEncoder(Compiled compiled, List<Plan.Step> steps, List<Long> stepNanos) {
        this.compiled = compiled;
        profiled = !stepNanos.isEmpty();
        for (int i = 0; i < stepNanos.size(); i++) {
            Plan.Step step = steps.get(i);
            Profile.Builder profile =
                    (step.backward() ? backward : forward).computeIfAbsent(step.node(), _ -> Profile.newBuilder());
            profile.setNanoseconds(profile.getNanoseconds() + stepNanos.get(i));
            profile.setFlops(profile.getFlops() + step.price().flops());
            profile.setBytesMoved(profile.getBytesMoved() + step.price().bytesMoved());
        }
    }

    /** @throws Refusal when a node asked for does not exist */
    List<dev.gradwire.v1.GradFn> encode(GradFnSelection selection) {
        return switch (selection.getMode()) {
            case GRAD_FN_MODE_NONE -> List.of();
            case GRAD_FN_MODE_NODES -> ofNodes(selection);
            case GRAD_FN_MODE_UNSPECIFIED, GRAD_FN_MODE_BACKWARD_PATH -> {
                List<GradFn> path = compiled.gradFns().path(compiled.program().roots());
                yield path.stream().map(this::encode).toList();
            }
            case UNRECOGNIZED -> throw new IllegalStateException("the settings were checked");
        };
    }

    /**
     * In order of recording; a value without grad_fn gets one without a name. The parts of a composite operator, which
     * are named {@code node/part}, go before their node, as its next functions lead to them.
     */
    private List<dev.gradwire.v1.GradFn> ofNodes(GradFnSelection selection) {
        Map<String, Value> names = compiled.program().recording().names();
        Map<String, GradFn> known = new HashMap<>();
        Map<String, List<GradFn>> parts = new HashMap<>();
        for (GradFn gradFn : compiled.gradFns().all()) {
            String outer = outerNode(gradFn.node(), names);
            if (!outer.isEmpty()) {
                parts.computeIfAbsent(outer, _ -> new ArrayList<>()).add(gradFn);
            } else {
                known.put(valueName(gradFn.node(), gradFn.output()), gradFn);
            }
        }
        Set<String> wanted = new HashSet<>(selection.getNodesList());
        Set<String> found = new HashSet<>();
        List<dev.gradwire.v1.GradFn> gradFns = new ArrayList<>();
        names.forEach((name, value) -> {
            int colon = name.indexOf(':');
            String node = colon < 0 ? name : name.substring(0, colon);
            if (wanted.contains(node)) {
                if (found.add(node)) {
                    parts.getOrDefault(node, List.of()).forEach(part -> gradFns.add(encode(part)));
                }
                GradFn gradFn = known.get(name);
                gradFns.add(
                        gradFn != null
                                ? encode(gradFn)
                                : dev.gradwire.v1.GradFn.newBuilder()
                                        .setNode(node)
                                        .setOutput(colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1)))
                                        .addResultTypes(WireTypes.wire(value.type()))
                                        .build());
            }
        });
        for (int i = 0; i < selection.getNodesCount(); i++) {
            if (!found.contains(selection.getNodes(i))) {
                throw new Refusal(Problem.UNKNOWN_NODE, selection.getNodes(i))
                        .with("node", selection.getNodes(i))
                        .at("options.grad_fns.nodes[" + i + "]");
            }
        }
        return gradFns;
    }

    /** The client's node that {@code node/part} is a part of; empty for a node of the client's. */
    private static String outerNode(String node, Map<String, Value> names) {
        String outer = node;
        while (!names.containsKey(outer)) {
            int slash = outer.lastIndexOf('/');
            if (slash < 0) {
                return "";
            }
            outer = outer.substring(0, slash);
        }
        return outer.equals(node) ? "" : outer;
    }

    private static String valueName(String node, int output) {
        return output == 0 ? node : node + ":" + output;
    }

    private dev.gradwire.v1.GradFn encode(GradFn gradFn) {
        dev.gradwire.v1.GradFn.Builder wire = dev.gradwire.v1.GradFn.newBuilder()
                .setNode(gradFn.node())
                .setOutput(gradFn.output())
                .setName(gradFn.name())
                .setSequenceNumber(gradFn.sequenceNumber());
        gradFn.resultTypes().forEach(type -> wire.addResultTypes(WireTypes.wire(type)));
        gradFn.nextFunctions()
                .forEach(edge -> wire.addNextFunctions(
                        Edge.newBuilder().setNode(edge.node()).setInputNumber(edge.inputNumber())));
        gradFn.saved()
                .forEach(saved -> wire.addSaved(
                        SavedTensor.newBuilder().setName(saved.name()).setBytes(saved.bytes())));
        if (profiled) {
            wire.setForward(forward.getOrDefault(gradFn.node(), Profile.newBuilder()));
            wire.setBackward(backward.getOrDefault(gradFn.node(), Profile.newBuilder()));
        }
        return wire.build();
    }
}
