package dev.gradwire.service;

import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Graph;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.ResultRef;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The results of a session's runs by the references that clients use: types before a run, tensors after it. */
final class Results {
    /** @param output index in the plan's outputs; negative for a gradient that does not exist */
    private record Place(int output, TensorType type) {}

    private final Compiled compiled;
    private final Map<ResultRef, Place> places = new LinkedHashMap<>();

    Results(Compiled compiled) {
        this.compiled = compiled;
        int outputCount = compiled.program().outputCount();
        for (int i = 0; i < outputCount; i++) {
            Graph.Output output =
                    compiled.program().recording().graph().outputs().get(i);
            ResultRef ref = ResultRef.newBuilder().setOutput(output.name()).build();
            places.putIfAbsent(ref, new Place(i, output.value().type()));
        }
        for (int i = 0; i < compiled.gradients().size(); i++) {
            Compiled.Gradient gradient = compiled.gradients().get(i);
            places.put(gradient(gradient.input()), new Place(gradient.used() ? outputCount + i : -1, gradient.type()));
        }
    }

    static ResultRef gradient(String input) {
        return ResultRef.newBuilder().setGradient(input).build();
    }

    /** All results that exist, with their types, in order. */
    Map<ResultRef, TensorType> all() {
        Map<ResultRef, TensorType> all = new LinkedHashMap<>();
        places.forEach((ref, place) -> {
            if (place.output >= 0) {
                all.put(ref, place.type);
            }
        });
        return all;
    }

    boolean isUnusedGradient(ResultRef ref) {
        Place place = places.get(ref);
        return place != null && place.output < 0;
    }

    /** @throws Refusal when the run has no such result */
    TensorType type(ResultRef ref, String path) {
        Place place = places.get(ref);
        if (place == null) {
            String name = ref.getKindCase() == ResultRef.KindCase.KIND_NOT_SET ? "without a name" : text(ref);
            throw new Refusal(Problem.UNKNOWN_RESULT, name).with("value", name).at(path);
        }
        if (place.output < 0) {
            throw new Refusal(Problem.UNUSED_RESULT, ref.getGradient())
                    .with("node", ref.getGradient())
                    .at(path);
        }
        return place.type;
    }

    private static String text(ResultRef ref) {
        return switch (ref.getKindCase()) {
            case OUTPUT -> "output '" + ref.getOutput() + "'";
            case GRADIENT -> "gradient '" + ref.getGradient() + "'";
            default -> "'" + ref.getKept() + "'";
        };
    }

    /** A result's tensor, which stays the run's. */
    ResidentTensor tensor(ResultRef ref, RunResult result) {
        Place place = places.get(ref);
        int outputCount = compiled.program().outputCount();
        @Nullable
        ResidentTensor tensor = place == null
                ? null
                : place.output < outputCount
                        ? result.outputs().get(place.output)
                        : result.gradients().get(place.output - outputCount);
        if (tensor == null) {
            throw new IllegalStateException("the reference was checked before the run");
        }
        return tensor;
    }
}
