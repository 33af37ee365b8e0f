"""Audit preference data: is it fit for DPO with a named implementation, and can that be proved?"""
