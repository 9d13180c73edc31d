package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import java.util.List;
import java.util.Map;

/** The same numbers: as another dtype, under another name, without derivative. Layouts and devices mean nothing here. */
final class Copies {
    private Copies() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None,"
                                + " bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None)"
                                + " -> Tensor")
                        .doc("self as another dtype")
                        .gradFn("ToCopyBackward0")
                        .complex()
                        .types(one(call -> call.type("self").withDtype(dtype(call))))
                        .vjp("self", n -> n.grad())
                        .batch(Batch.leading())
                        .kernel("_to_copy", Copies::cast)
                        .samples(
                                "float64[2, 3], dtype=torch.float64",
                                "float64[2, 3], dtype=torch.complex128",
                                "complex128[2, 3], dtype=torch.float64"),
                operator("to.dtype(Tensor self, ScalarType dtype, bool non_blocking=False, bool copy=False,"
                                + " MemoryFormat? memory_format=None) -> Tensor")
                        .doc("self as another dtype; self itself where it has that dtype already")
                        .composite(n -> to(n, n.dtype("dtype", DType.DEFAULT_FLOATING)))
                        .complex()
                        .samples(
                                "float64[2, 3], torch.float64",
                                "float64[2, 3], torch.float64, copy=True",
                                "complex128[2, 3], torch.float64"),
                operator("to.other(Tensor self, Tensor other, bool non_blocking=False, bool copy=False,"
                                + " MemoryFormat? memory_format=None) -> Tensor")
                        .doc("self as the dtype of other")
                        .composite(n -> to(n, n.type("other").dtype()))
                        .complex()
                        .samples("float64[2, 3], float64[1]", "complex128[2, 3], complex128[1]"),
                operator("to.dtype_layout(Tensor self, *, ScalarType? dtype=None, Layout? layout=None,"
                                + " Device? device=None, bool? pin_memory=None, bool non_blocking=False,"
                                + " bool copy=False, MemoryFormat? memory_format=None) -> Tensor")
                        .doc("self as another dtype")
                        .composite(n -> to(n, n.dtype("dtype", n.type("self").dtype())))
                        .complex()
                        .samples(
                                "float64[2, 3], dtype=torch.float64, copy=True",
                                "complex128[2, 3], dtype=torch.float64, copy=True"),
                operator("type_as(Tensor self, Tensor other) -> Tensor")
                        .doc("self as the dtype of other")
                        .composite(n -> List.of(n.self().to(n.type("other").dtype())))
                        .complex()
                        .samples("float64[2, 3], float64[1]", "complex128[2, 3], complex128[1]"),
                operator("detach(Tensor self) -> Tensor")
                        .doc("self, taken for a constant by derivatives")
                        .alias("stop_gradient")
                        .complex()
                        .types(one(call -> call.type("self")))
                        .view()
                        .batch(Batch.leading())
                        .kernel("detach"),
                operator("clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor")
                        .doc("self")
                        .gradFn("CloneBackward0")
                        .complex()
                        .types(one(call -> call.type("self")))
                        .vjp("self", n -> n.grad())
                        .batch(Batch.leading())
                        .kernel("clone", call -> List.of(call.arg("self"), Argument.NONE))
                        .samples("float64[2, 3]", "float64[0]", "complex128[2, 3]"),
                operator("contiguous(Tensor self, *, MemoryFormat memory_format=\"contiguous_format\") -> Tensor")
                        .doc("self; a copy where PyTorch would make one")
                        .composite(n ->
                                List.of(isContiguous(n) ? n.self() : n.self().call("clone")))
                        .complex()
                        .samples(
                                "float64[2, 3]",
                                "float64[1, 2, 3, 2], memory_format=\"channels_last\"",
                                "complex128[2, 3]"),
                operator("copy_(Tensor self, Tensor src, bool non_blocking=False) -> Tensor")
                        .doc("src as the dtype and shape of self")
                        .gradFn("CopyBackwards")
                        .types(one(call -> {
                            boolean fits = Shape.broadcast(call.shape("self"), call.shape("src"))
                                    .filter(call.shape("self")::equals)
                                    .isPresent();
                            if (!fits) {
                                throw Require.shape(
                                        "src",
                                        "has shape " + call.shape("src")
                                                + ", which does not broadcast to that of self, " + call.shape("self"));
                            }
                            return call.type("self");
                        }))
                        .zeroVjp("self")
                        .vjp("src", n -> n.grad())
                        .decompose(n -> n.arg("src").to(n.type("self").dtype()).expand(n.shape("self")))
                        .complex()
                        .unsampled("it changes what a check would read again"),
                operator("lift_fresh_copy(Tensor self) -> Tensor")
                        .doc("self")
                        .composite(n -> List.of(n.self().call("clone")))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                same("positive", "+self"),
                same("resolve_neg", "self"));
    }

    private static DType dtype(Call call) {
        return call.dtype("dtype", call.type("self").dtype());
    }

    private static List<Argument> cast(Call call) {
        Argument none = Argument.NONE;
        Argument dtype = new Argument.Dtype(dtype(call));
        return List.of(call.arg("self"), dtype, none, none, none, new Argument.Bool(false), none);
    }

    private static List<Expr> to(Args n, DType dtype) {
        boolean same = n.type("self").dtype() == dtype && !n.bool("copy") && !isRearranged(n);
        return List.of(same ? n.self() : n.self().callNamed("_to_copy", Map.of("dtype", dtype)));
    }

    /** Another order of the elements in memory is no other tensor here, but it makes PyTorch copy. */
    private static boolean isRearranged(Args n) {
        return n.has("memory_format") && n.text("memory_format").startsWith("channels_last");
    }

    private static boolean isContiguous(Args n) {
        return !isRearranged(n) && EagerLayout.of(n.self()).isContiguous();
    }

    private static Declaration same(String name, String doc) {
        return operator(name + "(Tensor self) -> Tensor")
                .doc(doc)
                .complex()
                .composite(n -> List.of(n.self()))
                .samples("float64[2, 3]", "complex128[2, 3]");
    }
}
