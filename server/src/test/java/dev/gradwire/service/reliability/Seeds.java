package dev.gradwire.service.reliability;

import static dev.gradwire.service.Wire.function;
import static dev.gradwire.service.Wire.integer;
import static dev.gradwire.service.Wire.integers;
import static dev.gradwire.service.Wire.leaf;
import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;

import dev.gradwire.service.Wire;
import dev.gradwire.v1.Argument;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Complex;
import dev.gradwire.v1.Cotangent;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.GradCheck;
import dev.gradwire.v1.GradFnMode;
import dev.gradwire.v1.GradFnSelection;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.NoneValue;
import dev.gradwire.v1.Ones;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.Precision;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import java.util.List;

/** Small messages that are right and together use every field: where mutations begin. */
final class Seeds {
    private Seeds() {}

    static List<PlanRequest> plans() {
        return List.of(squares(), everyArgument(), everyDtype(), calls(), options());
    }

    /** The first of them with its tensors. */
    static RunRequest run() {
        return RunRequest.newBuilder()
                .setProgram(squares().getProgram())
                .setBackward(squares().getBackward())
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .build();
    }

    static List<RunRequest> runs() {
        return List.of(
                run(),
                RunRequest.newBuilder()
                        .setProgram(calls().getProgram())
                        .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                        .build(),
                RunRequest.newBuilder()
                        .setProgram(everyArgument().getProgram())
                        .addInputs(Wire.named("x", Wire.floats(List.of(2L, 3L), 1, 2, 3, 4, 5, 6)))
                        .build());
    }

    private static PlanRequest squares() {
        return PlanRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .setBackward(Backward.getDefaultInstance())
                .build();
    }

    private static PlanRequest everyArgument() {
        Argument dtype = Argument.newBuilder().setDtype(Dtype.DTYPE_FLOAT64).build();
        Argument none =
                Argument.newBuilder().setNone(NoneValue.getDefaultInstance()).build();
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(leaf("x", 2, 3))
                .addNodes(node("list", "cat", Wire.values("x", "x"), integer(-1)))
                .addNodes(node("shape", "reshape", value("x"), integers(3, -1)))
                .addNodes(node(
                        "sum",
                        "sum",
                        value("x"),
                        integers(1),
                        Argument.newBuilder().setBool(true).build()))
                .addNodes(node("tensor", "mul", value("x"), constant()))
                .addNodes(node("text", "gelu", value("x")).toBuilder()
                        .putKwargs(
                                "approximate",
                                Argument.newBuilder().setString("tanh").build()))
                .addNodes(node(
                        "real",
                        "pow",
                        value("x"),
                        Argument.newBuilder().setFloat(1.5).build()))
                .addNodes(node(
                        "complex",
                        "mul",
                        value("x"),
                        Argument.newBuilder()
                                .setComplex(Complex.newBuilder().setReal(1).setImag(-1))
                                .build()))
                .addNodes(node("dtype", "to", value("x"), dtype))
                .addNodes(node(
                        "none",
                        "clamp",
                        value("x"),
                        none,
                        Argument.newBuilder().setFloat(1).build()))
                .addOutputs("list")
                .addOutputs("none");
        return PlanRequest.newBuilder().setProgram(Wire.program(graph)).build();
    }

    private static Argument constant() {
        return Argument.newBuilder().setTensor(Wire.vector(1, 2, 3)).build();
    }

    private static PlanRequest everyDtype() {
        Graph.Builder graph = Graph.newBuilder();
        for (Dtype dtype : Dtype.values()) {
            if (dtype != Dtype.UNRECOGNIZED && dtype != Dtype.DTYPE_UNSPECIFIED) {
                String name = "x" + dtype.getNumber();
                graph.addInputs(Wire.input(name, dtype, false, 2, 0, 1));
                graph.addNodes(node("n" + name, "add", value(name), value(name)))
                        .addOutputs("n" + name);
            }
        }
        return PlanRequest.newBuilder().setProgram(Wire.program(graph)).build();
    }

    private static PlanRequest calls() {
        Graph.Builder body = Graph.newBuilder()
                .addInputs(Wire.open("a"))
                .addNodes(node("b", "tanh", value("a")))
                .addOutputs("b");
        Graph.Builder graph = Graph.newBuilder()
                .addInputs(leaf("x", 3))
                .addNodes(node("called", "call", function("f"), Wire.values("x")))
                .addNodes(node("y", "sum", value("called")))
                .addNodes(node("g", "grad", Wire.values("y"), Wire.values("x")))
                .addOutputs("g");
        return PlanRequest.newBuilder()
                .setProgram(Program.newBuilder().setGraph(graph).putFunctions("f", body.build()))
                .build();
    }

    private static PlanRequest options() {
        return squares().toBuilder()
                .setBackward(Backward.newBuilder()
                        .addRoots("square")
                        .addRoots("y")
                        .addInputs("x")
                        .addCotangents(Cotangent.newBuilder().setTensor(Wire.vector(1, 2, 3)))
                        .addCotangents(Cotangent.newBuilder().setOnes(Ones.getDefaultInstance())))
                .setOptions(Options.newBuilder()
                        .setDevice("cpu")
                        .setDeterministic(true)
                        .setDetectAnomaly(true)
                        .setProfile(true)
                        .setPrecision(Precision.PRECISION_EXACT)
                        .setSeed(3)
                        .setGradFns(GradFnSelection.newBuilder()
                                .setMode(GradFnMode.GRAD_FN_MODE_NODES)
                                .addNodes("square"))
                        .setGradCheck(GradCheck.newBuilder().setSamples(2).setEps(1e-3)))
                .build();
    }
}
