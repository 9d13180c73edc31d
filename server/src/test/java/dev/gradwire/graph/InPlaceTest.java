package dev.gradwire.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradwire.op.Operators;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InPlaceTest {
    @Test
    void passesWhereNobodyElseReads() {
        Recording recording = TextForm.parse("""
                x: float64[1, 3] requires_grad
                y = mul(x, 2)
                z = squeeze_(y, 0)
                return z
                """, Operators.all());
        assertThat(recording.graph().outputs().getFirst().value().type().shape().dims())
                .containsExactly(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "y = mul(x, 2)\nz = add_(y, 1)\nw = mul(y, 2)\nreturn w",
                "y = mul(x, 2)\nw = mul(y, 2)\nz = add_(y, 1)\nreturn w, z",
                "y = mul(x, 2)\nz = add_(y, 1)\nreturn y, z",
                "y = mul(x, 2)\nv = view(y, [2])\nz = add_(v, 1)\nreturn y, z",
                "z = add_(x, 1)\nreturn x, z"
            })
    void isRefusedWhereSomebodyCouldTell(String nodes) {
        assertThatThrownBy(() -> TextForm.parse("x: float64[2] requires_grad\n" + nodes, Operators.all()))
                .isInstanceOf(GraphException.class)
                .hasMessageContaining("a graph is pure");
    }
}
