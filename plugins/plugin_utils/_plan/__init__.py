# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: from a network document to every node's finished peers. Pure computation, no host is touched."""
